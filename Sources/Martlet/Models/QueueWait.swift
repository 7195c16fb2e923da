internal import MartletUV

/// The wait of one request for its model, which a timer may end.
final class QueueWait: Sendable {
    private enum State {
        case waiting
        /// With a backend that schedules itself, until it starts the generation.
        case submitted(Permit)
        case admitted
        case expired
    }

    private let state = Locked(State.waiting)

    /// The request has its permit.
    func didAdmit(_ permit: Permit) {
        state.withLock { state in
            if case .waiting = state { state = permit.awaitsStart ? .submitted(permit) : .admitted }
        }
    }

    /// Ends the wait. Returns false if it is over: the request is served.
    func expire() -> Bool {
        state.withLock { state in
            switch state {
            case .submitted(let permit) where !permit.awaitsStart: return false
            case .admitted, .expired: return false
            case .waiting, .submitted:
                state = .expired
                return true
            }
        }
    }

    var hasExpired: Bool { state.withLock { if case .expired = $0 { true } else { false } } }
}
