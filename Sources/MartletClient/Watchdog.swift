internal import MartletUV

/// The timeouts of one call. One task that sleeps, and not one a token: a wait that ends only moves a deadline.
final class Watchdog: Sendable {
    private struct State {
        var deadline: ContinuousClock.Instant?
        var kind = Timeouts.Kind.total
        var fired: Timeouts.Kind?
        var task: Task<Void, Never>?
        var isOver = false
    }

    private let timeouts: Timeouts
    private let end: ContinuousClock.Instant?
    private let state = Locked(State())
    private let onExpiry: @Sendable () -> Void

    /// - Parameters:
    ///   - start: When the call began, for the total.
    ///   - onExpiry: Called once, when a timeout fires.
    init(_ timeouts: Timeouts, since start: ContinuousClock.Instant, onExpiry: @escaping @Sendable () -> Void) {
        self.timeouts = timeouts
        self.onExpiry = onExpiry
        end = timeouts.total.map { start + $0 }
        let limits = [timeouts.firstToken, timeouts.idle].compactMap { $0 }
        guard let shortest = limits.min() ?? timeouts.total else { return }
        let task = Task { await self.watch(every: shortest) }
        state.withLock { $0.task = task }
    }

    deinit { state.withLock { $0.task }?.cancel() }

    /// Which timeout has fired.
    var fired: Timeouts.Kind? { state.withLock { $0.fired } }

    /// The reader waits from now on, for the first token or for another.
    func wait(for kind: Timeouts.Kind) {
        let limit = kind == .firstToken ? timeouts.firstToken : timeouts.idle
        let deadline = limit.map { ContinuousClock.now + $0 }
        state.withLock { state in
            state.deadline = deadline
            state.kind = kind
        }
    }

    /// The reader does not wait any more.
    func rest() { state.withLock { $0.deadline = nil } }

    /// Nothing fires from now on.
    func stop() {
        let task = state.withLock { state in
            state.isOver = true
            return state.task.take()
        }
        task?.cancel()
    }

    /// Sleeps at most as long as the shortest limit: no deadline that is set meanwhile can come before the waking.
    private func watch(every shortest: Duration) async {
        while !Task.isCancelled {
            let now = ContinuousClock.now
            let next = state.withLock { state -> ContinuousClock.Instant? in
                if state.isOver { return nil }
                let deadline = [state.deadline, end].compactMap { $0 }.min()
                guard let deadline, deadline <= now else { return min(deadline ?? now + shortest, now + shortest) }
                state.fired = deadline == end ? .total : state.kind
                state.isOver = true
                return nil
            }
            guard let next else { break }
            do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
        }
        if fired != nil { onExpiry() }
    }

    /// The error of a timeout that fired.
    func error(for kind: Timeouts.Kind) -> ClientError {
        let (what, limit) =
            switch kind {
            case .firstToken: ("no token came within", timeouts.firstToken)
            case .idle: ("tokens stopped, and none came within", timeouts.idle)
            default: ("the answer was not whole within", timeouts.total)
            }
        var error = ClientError(
            .timeout, "\(what) \(limit.map { "\($0)" } ?? "the limit"). The setting is `timeouts.\(kind.rawValue)`.")
        error.timeout = kind
        return error
    }
}
