import MartletUV

/// Makes Ctrl-C cancel the current reply instead of ending the program.
final class Interrupt: Sendable {
    private let loop: EventLoop
    private let subscription: SignalSubscription
    private let running: Running

    /// Cancels the current task.
    private final class Running: Sendable {
        let cancel = Locked<(@Sendable () -> Void)?>(nil)
    }

    /// Handles Ctrl-C until `close()`.
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

    /// Restores the default handling of Ctrl-C.
    func close() async {
        subscription.close()
        await loop.stop()
    }
}
