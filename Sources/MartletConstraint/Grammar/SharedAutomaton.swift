internal import MartletUV

/// The automaton of a grammar with the masks of a vocabulary, which all texts of a constraint use and extend.
///
/// What it remembers is bounded. When it has grown beyond the bound, it starts anew, and each text reads itself again
/// when it goes on. So whether a text is too complex depends on that text alone.
final class SharedAutomaton: Sendable {
    /// How far a text has come.
    struct Position: Sendable {
        /// What has been written: tokens by their ids, and as negative numbers the bytes that came without a token.
        fileprivate var history: [Int32] = []
        fileprivate var state: Automaton.StateID
        fileprivate var names = MemberNames()
        /// That of the automaton to which `state` belongs.
        fileprivate var generation = 0
    }

    static let maximumMaskBytes = 16 << 20

    let vocabulary: TokenVocabulary
    let start: Position
    private let grammar: Grammar
    private let limits: Automaton.Limits
    private let shared: Locked<Shared>

    struct Shared: Sendable {
        var automaton: Automaton
        var generation = 0
        /// For each of `TokenRuns.alphabets`.
        var runLengths: [RunLengths]
        var masks: [Automaton.StateID: TokenMask] = [:]
        var continuations: [Automaton.StateID: Automaton.Continuation] = [:]

        init(_ automaton: Automaton, generation: Int = 0) {
            (self.automaton, self.generation) = (automaton, generation)
            runLengths = TokenRuns.alphabets.map { RunLengths($0, automaton) }
        }
    }

    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    init(
        _ grammar: Grammar, _ vocabulary: TokenVocabulary, limits: Automaton.Limits = Automaton.Limits()
    ) throws(ConstraintError) {
        (self.grammar, self.vocabulary, self.limits) = (grammar, vocabulary, limits)
        let automaton = try Automaton(grammar, limits: limits)
        start = Position(state: automaton.start)
        shared = Locked(Shared(automaton))
    }

    /// An estimate of its bytes.
    var memory: Int {
        shared.withLock { $0.automaton.memory + $0.masks.count * ($0.masks.first?.value.words.count ?? 0) * 8 }
    }

    /// How often the automaton has started anew.
    var restartCount: Int { shared.withLock { $0.generation } }

    func isAccepting(at position: inout Position) throws(ConstraintError) -> Bool {
        try use(&position) { shared, state throws(ConstraintError) in shared.automaton.states[Int(state)].isAccepting }
    }

    /// Returns false, without an effect, for a token that is not allowed.
    func advance(_ position: inout Position, by id: Int) throws(ConstraintError) -> Bool {
        let hasAdvanced = try advance(&position, over: vocabulary.bytes(of: id)) {
            (state, automaton) throws(ConstraintError) in try next(state, token: id, &automaton)
        }
        if hasAdvanced { position.history.append(Int32(id)) }
        return hasAdvanced
    }

    /// Returns false, without an effect, for bytes that are no beginning of what may come.
    func consume(_ bytes: [UInt8], at position: inout Position) throws(ConstraintError) -> Bool {
        let hasAdvanced = try advance(&position, over: bytes) { (state, automaton) throws(ConstraintError) in
            try next(state, bytes, &automaton)
        }
        if hasAdvanced { position.history += bytes.map { ~Int32($0) } }
        return hasAdvanced
    }

    private func advance(
        _ position: inout Position, over bytes: [UInt8],
        to next: (Automaton.StateID, inout Automaton) throws(ConstraintError) -> Automaton.StateID
    ) throws(ConstraintError) -> Bool {
        let before = position.names
        let (state, names) = try use(&position) {
            (shared, state) throws(ConstraintError) -> (Automaton.StateID, MemberNames) in
            if grammar.names.isEmpty { return (try next(state, &shared.automaton), before) }
            let restriction = NameRestriction(vocabulary: vocabulary, names: before, state: state)
            guard let names = try restriction.names(after: bytes, &shared.automaton) else {
                return (Automaton.dead, before)
            }
            return (try next(state, &shared.automaton), names)
        }
        if state == Automaton.dead { return false }
        (position.state, position.names) = (state, names)
        return true
    }

    func allowed(at position: inout Position) throws(ConstraintError) -> TokenMask {
        let names = position.names
        return try use(&position) { shared, state throws(ConstraintError) in
            var mask: TokenMask
            if let known = shared.masks[state] {
                mask = known
            } else {
                mask = try self.mask(of: state, &shared)
                if (shared.masks.count + 1) * mask.words.count * 8 > Self.maximumMaskBytes { shared.masks = [:] }
                shared.masks[state] = mask
            }
            if !grammar.names.isEmpty, shared.automaton.isJSON(state) {
                try NameRestriction(vocabulary: vocabulary, names: names, state: state)
                    .apply(to: &mask, &shared.automaton)
            }
            return mask
        }
    }

    /// Calls `body` with the text's state. If the automaton has grown beyond its limits, calls it again with a new one,
    /// which has nothing but what this text needs.
    func use<Result>(
        _ position: inout Position, _ body: (inout Shared, Automaton.StateID) throws(ConstraintError) -> Result
    ) throws(ConstraintError) -> Result {
        try shared.withLock { shared throws(ConstraintError) in
            do throws(ConstraintError) {
                try follow(&position, shared.generation, &shared.automaton)
                return try body(&shared, position.state)
            } catch {
                guard error.kind == .tooComplex else { throw error }
                shared = Shared(try Automaton(grammar, limits: limits), generation: shared.generation + 1)
                try follow(&position, shared.generation, &shared.automaton)
                return try body(&shared, position.state)
            }
        }
    }

    /// Reads the text again if its state is that of an earlier automaton.
    private func follow(
        _ position: inout Position, _ generation: Int, _ automaton: inout Automaton
    ) throws(ConstraintError) {
        if position.generation == generation { return }
        var state = automaton.start
        for entry in position.history {
            state =
                entry < 0
                ? try automaton.next(state, UInt8(truncatingIfNeeded: ~entry))
                : try next(state, token: Int(entry), &automaton)
        }
        (position.state, position.generation) = (state, generation)
    }

    private func next(
        _ state: Automaton.StateID, token id: Int, _ automaton: inout Automaton
    ) throws(ConstraintError) -> Automaton.StateID {
        let bytes = vocabulary.bytes(of: id)
        let next = bytes.isEmpty ? Automaton.dead : try next(state, bytes, &automaton)
        return try automaton.union(next, try automaton.next(state, token: id))
    }

    private func next(
        _ state: Automaton.StateID, _ bytes: [UInt8], _ automaton: inout Automaton
    ) throws(ConstraintError) -> Automaton.StateID {
        var next = state
        for byte in bytes {
            next = try automaton.next(next, byte)
            if next == Automaton.dead { break }
        }
        return next
    }

    private func mask(of state: Automaton.StateID, _ shared: inout Shared) throws(ConstraintError) -> TokenMask {
        var mask = TokenMask(count: vocabulary.count)
        var lengths = TokenRuns.Lengths()
        for (alphabet, masks) in vocabulary.runs.masks.enumerated() {
            let length = try shared.runLengths[alphabet].length(from: state, limit: masks.count - 1, &shared.automaton)
            mask.formUnion(masks[length])
            lengths[alphabet] = UInt8(length)
        }
        try addTokens(to: &mask, at: state, exceptRuns: lengths, &shared.automaton)
        return mask
    }

    /// Adds the tokens that are allowed, but for runs up to these lengths.
    private func addTokens(
        to mask: inout TokenMask, at state: Automaton.StateID, exceptRuns lengths: TokenRuns.Lengths,
        _ automaton: inout Automaton
    ) throws(ConstraintError) {
        // By depth, the state before the byte of a node there.
        var path = [Automaton.StateID](repeating: state, count: vocabulary.maximumDepth + 1)
        var node = 0
        while node < vocabulary.nodeBytes.count {
            if any(vocabulary.runs.lengths[node] .<= lengths) {
                node = Int(vocabulary.ends[node])
                continue
            }
            let depth = Int(vocabulary.depths[node])
            let next = try automaton.next(path[depth], vocabulary.nodeBytes[node])
            if next == Automaton.dead {
                node = Int(vocabulary.ends[node])
                continue
            }
            path[depth + 1] = next
            for index in vocabulary.idStarts[node]..<vocabulary.idStarts[node + 1] {
                mask.insert(Int(vocabulary.ids[Int(index)]))
            }
            node += 1
        }
        for set in automaton.tokenSets(state) {
            for id in 0..<vocabulary.count where set.contains(id) && !vocabulary.endTokens.contains(id) {
                mask.insert(id)
            }
        }
        if automaton.states[Int(state)].isAccepting { for id in vocabulary.endTokens { mask.insert(id) } }
    }
}
