import MartletUV

/// Ctrl-C, which stops what is under way and not the program.
final class Interrupt: Sendable {
    private let loop: EventLoop
    private let subscription: SignalSubscription
    private let running: Running

    /// Ends what is under way.
    private final class Running: Sendable {
        let cancel = Locked<(@Sendable () -> Void)?>(nil)
    }

    /// Takes Ctrl-C over, until `close()`.
    init() async throws {
        loop = try EventLoop()
        let running = Running()
        self.running = running
        subscription = await SignalSubscription([SignalWatcher.interrupt], on: loop) {
            running.cancel.withLock { $0 }?()
        }
    }

    /// Runs `body`, which Ctrl-C cancels.
    func cancelling<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
        let task = Task { await body() }
        running.cancel.withLock { $0 = { task.cancel() } }
        defer { running.cancel.withLock { $0 = nil } }
        return await task.value
    }

    /// Gives Ctrl-C back.
    func close() async {
        subscription.close()
        await loop.stop()
    }
}
