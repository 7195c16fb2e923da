internal import MartletUV

/// The timeouts of one call. One task sleeps for the whole call; each wait only moves a deadline.
final class Watchdog: Sendable {
    private struct State {
        var deadline: ContinuousClock.Instant?
        var kind = Timeouts.Kind.total
        /// When the current wait for the first token began, and the duration of earlier ones.
        var waitsSince: ContinuousClock.Instant?
        var waited = Duration.zero
        var fired: Timeouts.Kind?
        var task: Task<Void, Never>?
        var isOver = false

        mutating func endWait(_ now: ContinuousClock.Instant) {
            if let since = waitsSince { waited += since.duration(to: now) }
            waitsSince = nil
        }
    }

    /// The longest sleep, and so the maximum delay with which a shortened limit is noticed.
    private static let granularity = Duration.seconds(5)

    private let timeouts: Timeouts
    private let end: ContinuousClock.Instant?
    private let state = Locked(State())
    private let onExpiry: @Sendable () -> Void

    /// - Parameters:
    ///   - start: The start of the call, for the total.
    ///   - onExpiry: Called once, when a timeout fires.
    init(_ timeouts: Timeouts, since start: ContinuousClock.Instant, onExpiry: @escaping @Sendable () -> Void) {
        // Effectively unlimited, and still representable by the clock.
        let never = Duration.seconds(1_000_000_000)
        var timeouts = timeouts
        timeouts.firstToken = timeouts.firstToken.map { min($0, never) }
        timeouts.idle = timeouts.idle.map { min($0, never) }
        timeouts.total = timeouts.total.map { min($0, never) }
        timeouts.afterFinish = timeouts.afterFinish.map { min($0, never) }
        self.timeouts = timeouts
        self.onExpiry = onExpiry
        end = timeouts.total.map { start + $0 }
        let limits = [timeouts.firstToken, timeouts.idle, timeouts.afterFinish].compactMap { $0 }
        guard let limit = limits.min() ?? timeouts.total else { return }
        let shortest = min(limit, Self.granularity)
        let task = Task { await self.watch(every: shortest) }
        state.withLock { $0.task = task }
    }

    deinit { state.withLock { $0.task }?.cancel() }

    /// The timeout that has fired.
    var fired: Timeouts.Kind? { state.withLock { $0.fired } }

    /// Starts a wait, for the first token or for the next one. All waits for the first token share one limit.
    ///
    /// - Parameter atMost: Shortens the configured limit.
    func arm(_ kind: Timeouts.Kind, atMost: Duration? = nil) {
        let setting = kind == .firstToken ? timeouts.firstToken : timeouts.idle
        let limit = [setting, atMost].compactMap { $0 }.min()
        let now = ContinuousClock.now
        state.withLock { state in
            state.endWait(now)
            let waited = kind == .firstToken ? state.waited : .zero
            state.waitsSince = kind == .firstToken ? now : nil
            state.deadline = limit.map { now + $0 - waited }
            state.kind = kind
        }
    }

    /// Ends the wait.
    func disarm() {
        let now = ContinuousClock.now
        state.withLock { state in
            state.endWait(now)
            state.deadline = nil
        }
    }

    /// Ends the watchdog: no timeout fires any more.
    func stop() {
        let task = state.withLock { state in
            state.isOver = true
            return state.task.take()
        }
        task?.cancel()
    }

    /// Checks the deadlines at least every `shortest`.
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
            default: ("the reply was not complete within", timeouts.total)
            }
        var error = ClientError(
            .timeout, "\(what) \(limit.map { "\($0)" } ?? "the limit"). The setting is `timeouts.\(kind.rawValue)`.")
        error.timeout = kind
        return error
    }
}
