/// A language of byte strings: the index of an expression in an arena.
struct Regex: Hashable, Sendable {
    let index: Int32

    /// The empty language.
    static let nothing = Regex(index: 0)
    /// The language of the empty string alone.
    static let empty = Regex(index: 1)
    /// All strings.
    static let anything = Regex(index: 2)

    /// The expression's place in tables.
    var id: Int { Int(index) }

    init(index: Int32) { self.index = index }
}

/// Regular expressions over bytes, closed under intersection and complement. Equal expressions are stored once, so that an
/// expression is also a state of the deterministic automaton whose transitions are its derivatives (Brzozowski 1964; Owens,
/// Reppy and Turon 2009).
///
/// Expressions are simplified where they are made: without intersection and complement, only `nothing` is the empty
/// language.
struct RegexArena: Sendable {
    enum Node: Hashable, Sendable {
        /// `nothing`, as the empty set.
        case bytes(ByteSet)
        case empty
        case concatenation(Regex, Regex)
        /// Sorted, at least two.
        case union([Regex])
        /// Sorted, at least two.
        case intersection([Regex])
        case complement(Regex)
        /// `minimum` repetitions or more; at most `maximum` if there is one.
        case repetition(Regex, minimum: Int32, maximum: Int32?)
        /// The rest of a decimal number without a sign that is a multiple of a divisor.
        case multiple(DecimalRemainder)
    }

    /// What is known of an expression.
    private struct Traits: Sendable {
        /// Whether the language has the empty string.
        var isNullable: Bool
        /// Whether the expression has neither intersections nor complements.
        var isPlain: Bool
    }

    struct RepeatedDerivative: Hashable, Sendable {
        let part: Regex
        let byte: UInt8
    }

    /// The most expressions that a constraint may have before a text.
    static let maximumCount = 200_000

    private var interned = Interned<Node>()
    private var traits: [Traits] = []
    /// Derivatives of what is repeated.
    var repeated: [RepeatedDerivative: Regex] = [:]
    /// Parts that derivatives have looked at.
    var work = 0

    init() {
        _ = intern(.bytes(ByteSet()))
        _ = intern(.empty)
        _ = intern(.complement(.nothing))
    }

    var nodes: [Node] { interned.values }
    /// The number of expressions.
    var count: Int { interned.count }

    func node(_ regex: Regex) -> Node { interned[regex.index] }
    func isNullable(_ regex: Regex) -> Bool { traits[regex.id].isNullable }
    func isPlain(_ regex: Regex) -> Bool { traits[regex.id].isPlain }

    mutating func intern(_ node: Node) -> Regex {
        let (number, isNew) = interned.insert(node)
        if isNew { traits.append(traits(of: node)) }
        return Regex(index: number)
    }

    private func traits(of node: Node) -> Traits {
        switch node {
        case .bytes: Traits(isNullable: false, isPlain: true)
        case .empty: Traits(isNullable: true, isPlain: true)
        case .concatenation(let first, let rest):
            Traits(isNullable: isNullable(first) && isNullable(rest), isPlain: isPlain(first) && isPlain(rest))
        case .union(let parts):
            Traits(isNullable: parts.contains(where: isNullable), isPlain: parts.allSatisfy(isPlain))
        case .intersection(let parts): Traits(isNullable: parts.allSatisfy(isNullable), isPlain: false)
        case .complement(let part): Traits(isNullable: !isNullable(part), isPlain: part == .nothing)
        case .repetition(let part, let minimum, _):
            Traits(isNullable: minimum == 0 || isNullable(part), isPlain: isPlain(part))
        case .multiple(let remainder): Traits(isNullable: remainder.isZero, isPlain: false)
        }
    }

    // MARK: Making expressions

    mutating func bytes(_ set: ByteSet) -> Regex { intern(.bytes(set)) }

    mutating func literal(_ bytes: some BidirectionalCollection<UInt8>) -> Regex {
        var result = Regex.empty
        for byte in bytes.reversed() { result = concatenation(self.bytes(ByteSet(byte...byte)), result) }
        return result
    }

    /// The strings of `first` followed by those of `rest`.
    mutating func concatenation(_ first: Regex, _ rest: Regex) -> Regex {
        if first == .nothing || rest == .nothing { return .nothing }
        if first == .empty { return rest }
        if rest == .empty { return first }
        if first == .anything && rest == .anything { return .anything }
        // Chains are as long as texts, so that they are not followed by recursion.
        var (heads, last) = ([Regex](), first)
        while case .concatenation(let head, let tail) = node(last) {
            heads.append(head)
            last = tail
        }
        var result = intern(.concatenation(last, rest))
        for head in heads.reversed() { result = intern(.concatenation(head, result)) }
        return result
    }

    mutating func concatenation(_ parts: [Regex]) -> Regex {
        parts.reversed().reduce(.empty) { concatenation($1, $0) }
    }

    mutating func union(_ parts: [Regex]) -> Regex {
        var (members, set) = ([Regex](), ByteSet())
        for part in parts {
            // The parts of a union are none themselves.
            if case .union(let inner) = node(part) {
                for part in inner { collect(part, &members) { set = set.union($0) } }
            } else {
                collect(part, &members) { set = set.union($0) }
            }
        }
        if !set.isEmpty { members.append(bytes(set)) }
        members.sortAndDeduplicate()
        if members.contains(.anything) { return .anything }
        // A nullable member has the empty string already.
        if members.count > 1, members.contains(.empty), members.contains(where: { $0 != .empty && isNullable($0) }) {
            members.removeAll { $0 == .empty }
        }
        guard members.count > 1 else { return members.first ?? .nothing }
        return intern(.union(members))
    }

    mutating func intersection(_ parts: [Regex]) -> Regex {
        var (members, set) = ([Regex](), ByteSet?.none)
        for part in parts where part != .anything {
            // Nor are those of an intersection.
            if case .intersection(let inner) = node(part) {
                for part in inner { collect(part, &members) { set = set?.intersection($0) ?? $0 } }
            } else {
                collect(part, &members) { set = set?.intersection($0) ?? $0 }
            }
        }
        if let set {
            if set.isEmpty { return .nothing }
            members.append(bytes(set))
        }
        members.sortAndDeduplicate()
        if members.contains(.empty) { return members.allSatisfy(isNullable) ? .empty : .nothing }
        guard members.count > 1 else { return members.first ?? .anything }
        return intern(.intersection(members))
    }

    /// Adds an expression to others, but for a set of bytes, which is combined with other sets.
    private func collect(_ part: Regex, _ members: inout [Regex], _ combine: (ByteSet) -> Void) {
        if case .bytes(let set) = node(part) { combine(set) } else { members.append(part) }
    }

    mutating func complement(_ part: Regex) -> Regex {
        if case .complement(let inner) = node(part) { return inner }
        return intern(.complement(part))
    }

    /// The strings of `first` that `second` does not have.
    mutating func difference(_ first: Regex, _ second: Regex) -> Regex {
        second == .nothing ? first : intersection([first, complement(second)])
    }

    /// - Precondition: 0 ≤ `minimum` ≤ `maximum`.
    mutating func repetition(_ part: Regex, _ minimum: Int, _ maximum: Int?) -> Regex {
        if maximum == 0 || part == .empty { return .empty }
        if part == .nothing { return minimum == 0 ? .empty : .nothing }
        if minimum == 1 && maximum == 1 { return part }
        if minimum == 0, maximum == nil {
            switch node(part) {
            case .bytes(.all): return .anything
            case .repetition(_, 0, nil): return part
            default: if part == .anything { return part }
            }
        }
        return intern(.repetition(part, minimum: Int32(minimum), maximum: maximum.map { Int32($0) }))
    }

    mutating func optional(_ part: Regex) -> Regex { union([part, .empty]) }

    /// Digits, with or without a decimal point, that are a multiple of a divisor; also malformed ones.
    mutating func multiple(of modulus: DecimalModulus) -> Regex { intern(.multiple(DecimalRemainder(of: modulus))) }

    /// Adds the expressions of another arena. Returns by its expressions those of this one.
    mutating func add(_ other: RegexArena) -> [Regex] {
        var result: [Regex] = []
        result.reserveCapacity(other.count)
        // An expression is made after its parts, but for that of all strings, which is the same in each arena.
        for (index, node) in other.nodes.enumerated() {
            let moved =
                switch node {
                case .bytes(let set): bytes(set)
                case .empty: Regex.empty
                case .concatenation(let first, let rest): concatenation(result[first.id], result[rest.id])
                case .union(let parts): union(parts.map { result[$0.id] })
                case .intersection(let parts): intersection(parts.map { result[$0.id] })
                case .complement(let part): index == Regex.anything.id ? .anything : complement(result[part.id])
                case .repetition(let part, let minimum, let maximum):
                    repetition(result[part.id], Int(minimum), maximum.map { Int($0) })
                case .multiple: intern(node)
                }
            result.append(moved)
        }
        return result
    }
}

/// Moves an arena out of its place, which gets an empty one: what then changes it has no copy to make.
func take(_ arena: inout RegexArena) -> RegexArena {
    let taken = arena
    arena = RegexArena()
    return taken
}

extension [Regex] {
    fileprivate mutating func sortAndDeduplicate() {
        guard count > 1 else { return }
        sort { $0.index < $1.index }
        var end = 1
        for index in 1..<count where self[index] != self[end - 1] {
            self[end] = self[index]
            end += 1
        }
        removeLast(count - end)
    }
}
