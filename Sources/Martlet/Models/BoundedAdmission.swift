internal import MartletHTTP
internal import MartletUV

/// Admission to a backend that schedules itself: its scheduler owns the queue, so no request waits here. Requests are
/// only counted, and refused beyond a number.
final class BoundedAdmission: PermitSource {
    private struct State {
        /// Permits of started generations whose clients keep up.
        var started = 0
        /// Requests whose own permit is submitted.
        var waitingRequests = 0
        /// Whose each accepted request is, by its own permit.
        var principals: [ObjectIdentifier: String?] = [:]
        /// Submitted permits besides a request's own.
        var waitingExtra = 0
        var retryAfter = RetryAfter()

        var waiting: Int { waitingRequests + waitingExtra }
        var inProgress: Int { started + waiting }
        /// What the bound counts. A batch takes further permits only while no other request waits, and they may wait long
        /// for its slow client.
        var requests: Int { started + waitingRequests }

        /// Whether a request waits other than the one with this permit.
        func isWanted(by own: Permit?) -> Bool { waitingRequests > (own?.phase == .submitted ? 1 : 0) }
    }

    let permits: Int
    let yieldsWhilePaused: Bool
    private let bound: QueueBound
    private let state = Locked(State())
    private let running: Gauge
    private let waiting: Gauge

    init(permits: Int, maximumWaiting: Int, yieldsWhilePaused: Bool, running: Gauge, waiting: Gauge) {
        self.permits = max(1, permits)
        bound = QueueBound(
            maximum: self.permits.addingReportingOverflow(maximumWaiting).overflow
                ? .max : self.permits + maximumWaiting,
            extra: maximumWaiting)
        self.yieldsWhilePaused = yieldsWhilePaused
        self.running = running
        self.waiting = waiting
    }

    var retryAfter: Int { state.withLock { $0.retryAfter.seconds(waiting: $0.waiting, at: .now) } }

    // MARK: Taking

    /// Never waits. Refuses a request beyond `permits` and `maximumWaiting` together, not counting paused generations.
    nonisolated(nonsending) func take(_ permit: Permit, for claim: AdmissionClaim) async throws -> Bool {
        try state.withLock { state in
            let isAccepted = bound.accepts(claim.principal, count: state.requests) {
                state.principals.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            guard isAccepted else {
                throw Admission.Refusal.full(
                    position: max(0, state.requests - permits) + 1,
                    retryAfter: state.retryAfter.seconds(waiting: state.waiting, at: .now))
            }
            submit(permit, &state)
            state.principals[ObjectIdentifier(permit)] = .some(claim.principal)
        }
        return false
    }

    func takeFree(atMost count: Int, besides own: Permit?) -> [Permit] {
        state.withLock { state in
            let free = state.isWanted(by: own) ? 0 : max(0, min(count, permits - state.inProgress))
            return (0..<free).map { _ in
                let permit = Permit(self, besides: own)
                submit(permit, &state)
                return permit
            }
        }
    }

    private func submit(_ permit: Permit, _ state: inout State) {
        if state.waiting == 0 { state.retryAfter.queueDidBegin(at: .now) }
        permit.phase = .submitted
        if permit.own == nil { state.waitingRequests += 1 } else { state.waitingExtra += 1 }
        waiting.add(1)
    }

    func start(_ permit: Permit) {
        state.withLock { state in
            guard permit.phase == .submitted else { return }
            state.retryAfter.didServe(at: .now)
            endWait(of: permit, &state)
            hold(permit, &state)
        }
    }

    /// The permit counts again at once, even beyond the bound.
    nonisolated(nonsending) func reacquire(_ permit: Permit) async throws { resume(permit) }

    func reacquire(_ permit: Permit, onGrant: @escaping @Sendable () -> Void) {
        if resume(permit) { onGrant() }
    }

    /// Returns whether the permit was yielded.
    @discardableResult
    private func resume(_ permit: Permit) -> Bool {
        state.withLock { state in
            guard permit.phase == .absent else { return false }
            hold(permit, &state)
            return true
        }
    }

    private func hold(_ permit: Permit, _ state: inout State) {
        permit.phase = .held
        state.started += 1
        running.add(1)
    }

    // MARK: Giving back

    @discardableResult
    func yield(_ permit: Permit, ifWanted: Bool) -> Bool {
        state.withLock { state in
            guard permit.phase == .held else { return false }
            if ifWanted, permit.own == nil || !state.isWanted(by: permit.own) { return false }
            giveUp(&state)
            permit.phase = .absent
            return true
        }
    }

    /// The backend's scheduler has the account.
    func correct(_ permit: Permit, by change: Int, of principal: String?) {}

    func release(_ permit: Permit) {
        state.withLock { state in
            switch permit.phase {
            case .submitted: endWait(of: permit, &state)
            case .held: giveUp(&state)
            case .absent, .over: break
            }
            permit.phase = .over
            state.principals.removeValue(forKey: ObjectIdentifier(permit))
        }
    }

    private func giveUp(_ state: inout State) {
        state.started -= 1
        running.add(-1)
    }

    private func endWait(of permit: Permit, _ state: inout State) {
        if permit.own == nil { state.waitingRequests -= 1 } else { state.waitingExtra -= 1 }
        if state.waiting == 0 { state.retryAfter.queueDidEnd(at: .now) }
        waiting.add(-1)
    }
}
