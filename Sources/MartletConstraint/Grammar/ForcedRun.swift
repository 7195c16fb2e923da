/// The bytes with which every text continues from a position.
struct ForcedRun: Sendable {
    var bytes: [UInt8] = []
    /// Whether no byte follows: the text ends, or a token comes by its id.
    var isClosed = false
}

extension Automaton {
    /// The bytes that may come.
    enum Continuation: Sendable {
        case nothing
        case one(UInt8)
        case several
    }

    mutating func continuation(_ state: StateID) throws(ConstraintError) -> Continuation {
        var only: UInt8?
        for byte in UInt8.min...UInt8.max where try next(state, byte) != Self.dead {
            if only != nil { return .several }
            only = byte
        }
        return only.map(Continuation.one) ?? .nothing
    }
}

extension SharedAutomaton {
    /// The bytes that must come next, at most `limit`. The text can neither end nor take a token by its id before the last.
    func forcedRun(at position: inout Position, limit: Int) throws(ConstraintError) -> ForcedRun {
        try use(&position) { shared, start throws(ConstraintError) in
            var (run, state) = (ForcedRun(), start)
            while true {
                let known: Automaton.Continuation
                if let stored = shared.continuations[state] {
                    known = stored
                } else {
                    known = try shared.automaton.continuation(state)
                    shared.continuations[state] = known
                }
                guard case .one(let byte) = known else {
                    if case .nothing = known { run.isClosed = true }
                    return run
                }
                let situation = shared.automaton.states[Int(state)]
                if situation.isAccepting || !situation.tokens.isEmpty || run.bytes.count >= limit { return run }
                run.bytes.append(byte)
                state = try shared.automaton.next(state, byte)
            }
        }
    }
}
