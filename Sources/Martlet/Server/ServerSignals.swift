internal import Logging
internal import MartletUV

/// The signals of the process while a server runs. They have a loop of their own, which outlives the server's: a signal
/// that comes after the last response does not end the process before the hooks of `Server.onEnd` have run.
struct ServerSignals: Sendable {
    private let loop: EventLoop
    private let subscriptions: [SignalSubscription]

    /// Drains `server` at the first signal that asks the process to end, and shuts it down at the second. On SIGHUP the
    /// authenticator reloads and the backends are asked for their models again; SIGUSR1 and SIGUSR2 do nothing. Until
    /// `stop()`, these signals have no default action in this process; they do in its children.
    init(of server: RunningServer) async throws(UVError) {
        let (loop, service) = (try EventLoop(), server.service)
        self.loop = loop
        let ends = await SignalSubscription(
            [SignalWatcher.interrupt, SignalWatcher.terminate, SignalWatcher.quit], on: loop
        ) { [weak server, wasSignalled = AtomicFlag()] in
            // A drain that `POST /admin/drain` has begun is not a first signal: its responses may finish.
            if wasSignalled.set() { server?.shutdown() } else { server?.drain() }
        }
        let hangUp = await SignalSubscription([SignalWatcher.hangUp], on: loop) { [weak service] in
            guard let service else { return }
            // A log that nobody reads must not block the loop.
            Task {
                service.configuration.logger.notice("SIGHUP: the backends are asked for their models again")
                await service.authenticator?.reload()
                await service.registry.refresh()
            }
        }
        let ignored = await SignalSubscription([SignalWatcher.user1, SignalWatcher.user2], on: loop) {}
        subscriptions = [ends, hangUp, ignored]
    }

    /// Lets the signals have their default actions again.
    nonisolated(nonsending) func stop() async {
        for subscription in subscriptions { subscription.close() }
        await loop.stop()
    }
}
