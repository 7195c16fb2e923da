/// The situations in which the text of a grammar can be, as the states of an automaton that is made as far as texts reach.
///
/// A state is the set of all parses of what has been read, so it is exact for ambiguous grammars too.
struct Automaton: Sendable {
    /// An index in `states`.
    typealias StateID = Int32

    /// Within an expression of the grammar.
    struct Place: Hashable, Sendable {
        /// What is left of the expression.
        var regex: Regex
        /// The expression's node.
        var node: Int32
    }

    struct State: Hashable, Sendable {
        /// Sorted, with the stacks of each place.
        var places: [Entry<Place>] = []
        /// Nodes at which a token may come by its id.
        var tokens: [Entry<Int32>] = []
        /// Whether the text may end.
        var isAccepting = false
    }

    struct Entry<Key: Hashable & Sendable>: Hashable, Sendable {
        let key: Key
        let stacks: StackSet
    }

    /// Bounds, in numbers that do not depend on the machine.
    struct Limits: Sendable {
        var states = 50_000
        var bytes = 32 << 20
    }

    /// From here, nothing leads to the end.
    static let dead: StateID = 0

    private var graph: GrammarGraph
    private let limits: Limits
    private var dfa: LazyDFA
    private var stacks = StackSets()
    private var interned = Interned<State>()
    /// By state and class of bytes, the next state; `unknown` before it is asked for.
    private var transitions: [StateID] = []
    private let classCount: Int
    private var byteCount = 0
    /// Whether names of members can run out.
    let hasFiniteNames: Bool
    let start: StateID

    private static let unknown: StateID = -1

    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    init(_ grammar: Grammar, limits: Limits = Limits()) throws(ConstraintError) {
        (graph, dfa, self.limits) = (GrammarGraph(grammar), grammar.dfa, limits)
        classCount = dfa.classCount
        hasFiniteNames = grammar.hasFiniteNames
        var parses = Parses()
        start = 1
        try intern(State())
        parses.expand(graph.rules[0], StackSets.empty, &graph, &stacks, dfa)
        try intern(parses.state)
    }

    /// An estimate of its bytes.
    var memory: Int { ownMemory + dfa.memory }

    private var ownMemory: Int { byteCount + 64 * (stacks.count + graph.nodes.count) }

    var states: [State] { interned.values }
    /// By byte, its class: the bytes of one class lead to the same states.
    var byteClasses: [UInt8] { dfa.classes }

    // MARK: Transitions

    /// The state after `byte`.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    mutating func next(_ state: StateID, _ byte: UInt8) throws(ConstraintError) -> StateID {
        let number = dfa.classes[Int(byte)]
        let slot = Int(state) * classCount + Int(number)
        let known = transitions[slot]
        if known != Self.unknown { return known }
        var parses = Parses()
        for entry in states[Int(state)].places {
            let rest: Regex
            do throws(LazyDFA.Exhausted) {
                rest = try dfa.next(entry.key.regex, class: number)
            } catch {
                throw .tooComplexWhileWriting
            }
            parses.advance(entry, to: rest, &graph, &stacks, dfa)
        }
        let result = try intern(parses.state)
        transitions[slot] = result
        return result
    }

    /// The state after a token that is allowed by its id; `dead` if it is not.
    mutating func next(_ state: StateID, token id: Int) throws(ConstraintError) -> StateID {
        var parses = Parses()
        for entry in states[Int(state)].tokens {
            guard case .token(let set, let next) = graph[entry.key], set.contains(id) else { continue }
            parses.expand(next, entry.stacks, &graph, &stacks, dfa)
        }
        return try intern(parses.state)
    }

    /// The state that has the parses of both.
    mutating func union(_ first: StateID, _ second: StateID) throws(ConstraintError) -> StateID {
        if first == Self.dead || first == second { return second }
        if second == Self.dead { return first }
        var parses = Parses()
        parses.add(states[Int(first)], &stacks)
        parses.add(states[Int(second)], &stacks)
        return try intern(parses.state)
    }

    // MARK: States

    /// Whether the text may be within JSON, in which the names of an object's members must differ.
    func isJSON(_ state: StateID) -> Bool { states[Int(state)].places.contains { graph.isJSON($0.key.node) } }

    /// Whether a name can be written that is not used.
    ///
    /// - Parameters:
    ///   - state: The one after `beginning`, which is what is written of the name.
    ///   - used: Names of the object.
    mutating func hasName(
        _ state: StateID, beginningWith beginning: ArraySlice<UInt8>, except used: Set<[UInt8]>
    ) throws(ConstraintError) -> Bool {
        for entry in states[Int(state)].places {
            // A name that the grammar knows is written once at most.
            guard graph.isName(entry.key.node) else { return true }
            do throws(LazyDFA.Exhausted) {
                var count = try dfa.stringCount(of: entry.key.regex)
                if count == .max { return true }
                for name in used where name.starts(with: beginning) {
                    var rest = entry.key.regex
                    for byte in name[beginning.count...] + [UInt8(ascii: "\"")] { rest = try dfa.next(rest, byte) }
                    if dfa.accepts(rest) { count -= 1 }
                }
                if count > 0 { return true }
            } catch {
                throw .tooComplexWhileWriting
            }
        }
        return false
    }

    /// The sets of tokens that may come by their ids.
    func tokenSets(_ state: StateID) -> [TokenSet] {
        states[Int(state)].tokens.compactMap { entry in
            if case .token(let set, _) = graph[entry.key] { set } else { nil }
        }
    }

    @discardableResult
    private mutating func intern(_ state: State) throws(ConstraintError) -> StateID {
        if let known = interned.number(of: state) { return known }
        byteCount += 64 + 24 * (state.places.count + state.tokens.count) + 4 * classCount
        let isFull = states.count >= limits.states || ownMemory > limits.bytes
        if isFull || stacks.depth > StackSets.maximumDepth { throw .tooComplexWhileWriting }
        let (number, _) = interned.insert(state)
        transitions += Array(repeating: number == Self.dead ? Self.dead : Self.unknown, count: classCount)
        return number
    }
}

extension ConstraintError {
    static let tooComplexWhileWriting = ConstraintError(
        .tooComplex, "The constraint needs too many states for this text. Use a simpler one.")
}

/// Collects the parses of a state.
private struct Parses {
    private var places: [Automaton.Place: StackSet] = [:]
    private var tokens: [Int32: StackSet] = [:]
    private var isAccepting = false
    private var expanded: Set<Automaton.Entry<Int32>> = []

    var state: Automaton.State {
        var state = Automaton.State(isAccepting: isAccepting)
        state.places = places.map { Automaton.Entry(key: $0, stacks: $1) }.sorted {
            ($0.key.node, $0.key.regex.index) < ($1.key.node, $1.key.regex.index)
        }
        state.tokens = tokens.map { Automaton.Entry(key: $0, stacks: $1) }.sorted { $0.key < $1.key }
        return state
    }

    mutating func add(_ state: Automaton.State, _ stacks: inout StackSets) {
        for entry in state.places { add(entry.key, entry.stacks, &stacks) }
        for entry in state.tokens {
            tokens[entry.key] = tokens[entry.key].map { stacks.union($0, entry.stacks) } ?? entry.stacks
        }
        isAccepting = isAccepting || state.isAccepting
    }

    private mutating func add(_ place: Automaton.Place, _ set: StackSet, _ stacks: inout StackSets) {
        places[place] = places[place].map { stacks.union($0, set) } ?? set
    }

    /// A byte has been read in the expression of `entry`, of which `rest` is left.
    mutating func advance(
        _ entry: Automaton.Entry<Automaton.Place>, to rest: Regex, _ graph: inout GrammarGraph,
        _ stacks: inout StackSets, _ dfa: LazyDFA
    ) {
        if rest == .nothing { return }
        if rest != .empty { add(Automaton.Place(regex: rest, node: entry.key.node), entry.stacks, &stacks) }
        if dfa.accepts(rest), case .regex(_, let next) = graph[entry.key.node] {
            expand(next, entry.stacks, &graph, &stacks, dfa)
        }
    }

    /// Adds what may come at `node`.
    mutating func expand(
        _ node: Int32, _ set: StackSet, _ graph: inout GrammarGraph, _ stacks: inout StackSets, _ dfa: LazyDFA
    ) {
        var pending = [(node, set)]
        while let (node, set) = pending.popLast() {
            guard expanded.insert(Automaton.Entry(key: node, stacks: set)).inserted else { continue }
            switch graph[node] {
            case .end:
                let content = stacks[set]
                if content.hasEmpty { isAccepting = true }
                for top in content.tops { pending.append((top.node, top.rest)) }
            case .regex(let regex, let next):
                add(Automaton.Place(regex: regex, node: node), set, &stacks)
                if dfa.accepts(regex) { pending.append((next, set)) }
            case .token: tokens[node] = tokens[node].map { stacks.union($0, set) } ?? set
            case .call(let rule, let next):
                // Nothing is left to do after a call at a rule's end: its caller is returned to directly.
                let below = graph[next] == .end ? set : stacks.pushing(next, on: set)
                pending.append((graph.rules[Int(rule)], below))
            case .choice(let choices): for choice in choices { pending.append((choice, set)) }
            case .selection(let selection, let used, let next):
                for choice in graph.choices(of: selection, used: used, next: next) { pending.append((choice, set)) }
            }
        }
    }
}
