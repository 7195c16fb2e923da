/// The deterministic automaton of the expressions in an arena, made as far as it is asked for. A state is an expression;
/// all states from which nothing can be accepted are `Regex.nothing`.
struct LazyDFA: Sendable {
    /// Bounds of what is made, in numbers that do not depend on the machine.
    struct Limits: Sendable {
        var states = 50_000
        var bytes = 32 << 20
    }

    /// More expressions are needed than the limits allow.
    struct Exhausted: Error {}

    private(set) var arena: RegexArena
    private let limits: Limits
    /// The class of each byte.
    let classes: [UInt8]
    private let representatives: [UInt8]
    /// By expression, its row in `transitions`; `unknown` for one that is not a state yet.
    private var rows: [Int32] = []
    /// By row and class, the index of the next expression; `unknown` before it is asked for.
    private var transitions: [Int32] = []
    private var liveness: [Liveness] = []
    private var partitions: [Regex: BytePartition] = [:]
    /// The bytes that expressions take, estimated.
    private var byteCount = 0

    private enum Liveness: UInt8 { case unknown, live, dead }

    private static let unknown: Int32 = -1

    /// - Parameter arena: Has all byte sets that will ever be in it.
    init(_ arena: RegexArena, limits: Limits = Limits()) {
        self.arena = arena
        self.limits = limits
        (classes, representatives) = arena.byteClasses()
    }

    var classCount: Int { representatives.count }

    /// An estimate of its bytes.
    var memory: Int { byteCount + 4 * transitions.count }

    func accepts(_ state: Regex) -> Bool { arena.isNullable(state) }

    /// The state after `byte`; `nothing` if no string of the language continues with it.
    mutating func next(_ state: Regex, _ byte: UInt8) throws(Exhausted) -> Regex {
        try next(state, class: classes[Int(byte)])
    }

    mutating func next(_ state: Regex, class number: UInt8) throws(Exhausted) -> Regex {
        grow()
        if rows[state.id] == Self.unknown { try addRow(state) }
        return Regex(index: transitions[Int(rows[state.id]) * representatives.count + Int(number)])
    }

    private mutating func addRow(_ state: Regex) throws(Exhausted) {
        let (successors, partition) = try successors(of: state)
        var targets: [Int32] = []
        for successor in successors { targets.append(try isLive(successor) ? successor.index : Regex.nothing.index) }
        rows[state.id] = Int32(transitions.count / representatives.count)
        for part in partition { transitions.append(targets[Int(part)]) }
    }

    /// The derivatives of an expression, and by class of bytes, which of them follows.
    private mutating func successors(
        of state: Regex
    ) throws(Exhausted) -> (regexes: [Regex], partition: BytePartition) {
        arena.beginWork()
        let partition = partition(of: state)
        if !arena.isWithinLimits { throw Exhausted() }
        var regexes: [Regex] = []
        for (number, part) in partition.enumerated() where Int(part) == regexes.count {
            regexes.append(arena.derivative(state, representatives[number]))
        }
        grow()
        if !arena.isWithinLimits || memory > limits.bytes
            || transitions.count > limits.states * representatives.count
        {
            throw Exhausted()
        }
        return (regexes, partition)
    }

    // MARK: Partitions

    /// By class of bytes, the number of its part: the bytes of one part have the same derivative. Parts are numbered in the
    /// order of their first classes.
    private typealias BytePartition = [UInt8]

    /// Found from the sets of bytes with which strings can begin (Owens, Reppy and Turon 2009, section 4.2).
    private mutating func partition(of regex: Regex) -> BytePartition {
        if let known = partitions[regex] { return known }
        let result: BytePartition
        switch arena.node(regex) {
        case .bytes(let set): result = partition { set.contains($0) ? 1 : 0 }
        case .empty: result = Array(repeating: 0, count: representatives.count)
        case .multiple: result = partition { ".0123456789".utf8.contains($0) ? $0 : 0 }
        case .complement(let part), .repetition(let part, _, _): result = partition(of: part)
        case .union(let parts), .intersection(let parts):
            var refined = BytePartition(repeating: 0, count: representatives.count)
            for part in parts { refined = Self.refined(refined, partition(of: part)) }
            result = refined
        case .concatenation:
            // A chain is as long as its text, and not followed by recursion.
            var (last, refined) = (regex, BytePartition(repeating: 0, count: representatives.count))
            var isReached = true
            while isReached, case .concatenation(let first, let rest) = arena.node(last) {
                guard arena.spend() else { return refined }
                refined = Self.refined(refined, partition(of: first))
                (last, isReached) = (rest, arena.isNullable(first))
            }
            result = isReached ? Self.refined(refined, partition(of: last)) : refined
        }
        if arena.isWithinLimits {
            partitions[regex] = result
            byteCount += 64 + result.count
        }
        return result
    }

    private func partition(by key: (UInt8) -> UInt8) -> BytePartition {
        var numbers: [UInt8: UInt8] = [:]
        return representatives.map { byte in
            let next = UInt8(numbers.count)
            numbers[key(byte), default: next] = numbers[key(byte)] ?? next
            return numbers[key(byte)] ?? next
        }
    }

    /// The parts of both.
    private static func refined(_ first: BytePartition, _ second: BytePartition) -> BytePartition {
        let (rows, columns) = (Int(first.max() ?? 0) + 1, Int(second.max() ?? 0) + 1)
        if rows == 1 { return second }
        if columns == 1 { return first }
        var numbers = [UInt8?](repeating: nil, count: rows * columns)
        var (result, count) = (BytePartition(), UInt8(0))
        result.reserveCapacity(first.count)
        for (row, column) in zip(first, second) {
            let slot = Int(row) * columns + Int(column)
            if numbers[slot] == nil {
                numbers[slot] = count
                count &+= 1
            }
            result.append(numbers[slot] ?? 0)
        }
        return result
    }

    /// Makes room in the tables for expressions that are new.
    private mutating func grow() {
        if liveness.count == arena.count { return }
        for index in liveness.count..<arena.count { byteCount += 64 + arena.nodes[index].size }
        liveness += Array(repeating: .unknown, count: arena.count - liveness.count)
        rows += Array(repeating: Self.unknown, count: arena.count - rows.count)
    }

    // MARK: Liveness

    /// Whether the language of the expression has a string.
    ///
    /// Only an intersection or a complement has to be followed to find out. What follows from one of them has fewer of them
    /// within each other, or as many, so that the recursion ends.
    mutating func isLive(_ state: Regex) throws(Exhausted) -> Bool {
        if arena.isPlain(state) { return state != .nothing }
        grow()
        switch liveness[state.id] {
        case .live: return true
        case .dead: return false
        case .unknown: break
        }
        if arena.isNullable(state) {
            liveness[state.id] = .live
            return true
        }
        switch arena.node(state) {
        case .intersection, .complement, .multiple: try explore(state)
        case .bytes, .empty: liveness[state.id] = .live
        case .concatenation(let first, let rest):
            // A chain is as long as its text, and not followed by recursion.
            var (isLive, last) = (try isLive(first), rest)
            while isLive, case .concatenation(let head, let tail) = arena.node(last) {
                (isLive, last) = (try self.isLive(head), tail)
            }
            if isLive { isLive = try self.isLive(last) }
            liveness[state.id] = isLive ? .live : .dead
        case .union(let parts):
            var isLive = false
            for part in parts where !isLive { isLive = try self.isLive(part) }
            liveness[state.id] = isLive ? .live : .dead
        case .repetition(let part, _, _): liveness[state.id] = try isLive(part) ? .live : .dead
        }
        return liveness[state.id] == .live
    }

    /// Finds out whether an accepting state can be reached.
    private mutating func explore(_ start: Regex) throws(Exhausted) {
        var parents: [Regex: Regex] = [start: start]
        var pending = [start]
        var next = 0
        while next < pending.count {
            let state = pending[next]
            next += 1
            if try isKnownLive(state) { return markLive(from: state, parents) }
            if liveness[state.id] == .dead { continue }
            for successor in try successors(of: state).regexes where parents[successor] == nil {
                parents[successor] = state
                pending.append(successor)
            }
        }
        for state in pending { liveness[state.id] = .dead }
    }

    /// All states on the way to a live one are live.
    private mutating func markLive(from end: Regex, _ parents: [Regex: Regex]) {
        var state = end
        while true {
            liveness[state.id] = .live
            guard let parent = parents[state], parent != state else { return }
            state = parent
        }
    }

    /// Whether a state is live without following it as an intersection.
    private mutating func isKnownLive(_ state: Regex) throws(Exhausted) -> Bool {
        if arena.isNullable(state) || liveness[state.id] == .live { return true }
        if liveness[state.id] == .dead { return false }
        switch arena.node(state) {
        case .intersection, .complement, .multiple: return false
        case .bytes, .empty, .concatenation, .union, .repetition: return try isLive(state)
        }
    }
}

extension RegexArena.Node {
    /// The bytes that it takes beside its fixed part.
    fileprivate var size: Int {
        switch self {
        case .bytes, .empty, .concatenation, .complement, .repetition, .multiple: 64
        case .union(let parts), .intersection(let parts): 64 + 8 * parts.count
        }
    }
}
