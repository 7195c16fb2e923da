internal import MartletUV

/// How far the end of a server has come. Read and changed from any thread.
///
///     running -- announce --> draining -- finish --> finished
final class DrainState: Sendable {
    private struct State {
        var isAnnounced = false
        var isForced = false
        var interruptedCount: Int?
        var hasForcedInterruption = false
        /// Responses that wait for the end of the drain, and so cannot end before it.
        var observerCount = 0
    }

    private let state = Locked(State())

    var isForced: Bool { state.withLock { $0.isForced } }
    /// Whether responses were interrupted, and not by the timeout.
    var hasForcedInterruption: Bool { state.withLock { $0.hasForcedInterruption } }
    /// Whether all responses to clients have ended, or were interrupted.
    var isFinished: Bool { state.withLock { $0.interruptedCount } != nil }
    var observerCount: Int { state.withLock { $0.observerCount } }

    /// Returns whether this is the first call.
    func announce() -> Bool {
        state.withLock { state in
            defer { state.isAnnounced = true }
            return !state.isAnnounced
        }
    }

    func force() { state.withLock { $0.isForced = true } }

    /// - Parameter interruptedCount: The responses that did not end by themselves.
    func finish(interruptedCount: Int) {
        state.withLock { state in
            guard state.interruptedCount == nil else { return }
            state.interruptedCount = interruptedCount
            state.hasForcedInterruption = state.isForced && interruptedCount > 0
        }
    }

    /// Returns the number of interrupted responses when the drain has finished; nil if the task is cancelled before.
    ///
    /// - Parameter response: The response that reports the end, unless the drain does not wait for it anyway.
    func waitUntilFinished(_ response: ResponseBuffer?) async -> Int? {
        if let response {
            response.ignoreInterrupts()
            state.withLock { $0.observerCount += 1 }
        }
        await wait { self.isFinished || Task.isCancelled }
        return state.withLock { state in
            // When the drain has finished, the server still waits for the responses of these observers.
            if response != nil && state.interruptedCount == nil { state.observerCount -= 1 }
            return state.interruptedCount
        }
    }

    // MARK: Waiting

    /// How often a condition is checked.
    private static let poll = Duration.milliseconds(10)

    /// Returns when the condition is true, also in a cancelled task, or at `end`.
    func wait(
        until end: ContinuousClock.Instant? = nil, for condition: nonisolated(nonsending) () async -> Bool
    ) async {
        while !(await condition()) {
            if let end, end <= .now { return }
            // A sleep in a cancelled task would return at once.
            await Task.detached { try? await Task.sleep(for: Self.poll) }.value
        }
    }
}
