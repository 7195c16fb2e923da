/// How long the runs of an alphabet's characters are that may come in a state, whichever characters they have.
struct RunLengths: Sendable {
    /// The characters of the alphabet: of each byte of a sequence, one for each class of the automaton.
    private let sequences: [[[UInt8]]]
    /// How many states are made for one length.
    private static let maximumNewStates = 256
    /// By state, what is known.
    private var known: [Known] = []

    private struct Known: Sendable {
        var length: UInt8 = 0
        /// Whether there are no longer ones.
        var isExact = false
    }

    init(_ alphabet: ScalarSet, _ automaton: Automaton) {
        sequences = alphabet.utf8Sequences.map { sequence in
            sequence.map { bytes in
                var classes: Set<UInt8> = []
                return bytes.filter { classes.insert(automaton.byteClasses[Int($0)]).inserted }
            }
        }
    }

    /// A length of the runs of which each may come in `state`, up to a limit. There may be longer ones: states are made for
    /// a few of them only, since there can be as many as there are runs.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    mutating func length(
        from state: Automaton.StateID, limit: Int, _ automaton: inout Automaton
    ) throws(ConstraintError) -> Int {
        try length(from: state, limit: limit, statesBelow: automaton.states.count + Self.maximumNewStates, &automaton)
    }

    private mutating func length(
        from state: Automaton.StateID, limit: Int, statesBelow bound: Int, _ automaton: inout Automaton
    ) throws(ConstraintError) -> Int {
        let index = Int(state)
        if known.count <= index { known += Array(repeating: Known(), count: index + 1 - known.count) }
        if known[index].isExact || known[index].length >= limit { return min(Int(known[index].length), limit) }
        if automaton.states.count >= bound { return Int(known[index].length) }
        var length = limit
        for sequence in sequences where length > 0 {
            for next in try states(after: sequence, from: state, &automaton) where length > 0 {
                length =
                    next == Automaton.dead
                    ? 0 : try 1 + self.length(from: next, limit: length - 1, statesBelow: bound, &automaton)
            }
        }
        let isExact = length < limit && automaton.states.count < bound
        known[index] = Known(length: max(known[index].length, UInt8(truncatingIfNeeded: length)), isExact: isExact)
        return length
    }

    private func states(
        after sequence: [[UInt8]], from state: Automaton.StateID, _ automaton: inout Automaton
    ) throws(ConstraintError) -> [Automaton.StateID] {
        var states = [state]
        for bytes in sequence {
            var following: [Automaton.StateID] = []
            for state in states {
                for byte in bytes {
                    let next = try automaton.next(state, byte)
                    if next == Automaton.dead { return [next] }
                    if !following.contains(next) { following.append(next) }
                }
            }
            states = following
        }
        return states
    }
}
