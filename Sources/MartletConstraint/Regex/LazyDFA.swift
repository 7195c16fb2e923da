/// The deterministic automaton of the expressions in an arena, made as far as it is asked for. A state is an expression;
/// all states from which nothing can be accepted are `Regex.nothing`.
struct LazyDFA: Sendable {
    /// Bounds of what is made, in numbers that do not depend on the machine.
    struct Limits: Sendable {
        var expressions = 50_000
        var bytes = 32 << 20
    }

    /// More expressions are needed than the limits allow.
    struct Exhausted: Error {}

    private(set) var arena: RegexArena
    private let limits: Limits
    /// The class of each byte.
    let classes: [UInt8]
    private let representatives: [UInt8]
    /// By expression and class, the index of the next expression; `unknown` before it is asked for.
    private var transitions: [Int32] = []
    private var liveness: [Liveness] = []
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

    /// The number of expressions.
    var count: Int { arena.count }

    var classCount: Int { representatives.count }

    func accepts(_ state: Regex) -> Bool { arena.isNullable(state) }

    /// The state after `byte`; `nothing` if no string of the language continues with it.
    mutating func next(_ state: Regex, _ byte: UInt8) throws(Exhausted) -> Regex {
        try next(state, class: classes[Int(byte)])
    }

    mutating func next(_ state: Regex, class number: UInt8) throws(Exhausted) -> Regex {
        grow()
        let slot = state.id * representatives.count + Int(number)
        if transitions[slot] != Self.unknown { return Regex(index: transitions[slot]) }
        let raw = try step(state, number)
        let result = try isLive(raw) ? raw : .nothing
        transitions[slot] = result.index
        return result
    }

    private mutating func step(_ state: Regex, _ number: UInt8) throws(Exhausted) -> Regex {
        let result = arena.derivative(state, representatives[Int(number)])
        grow()
        if arena.count > limits.expressions || byteCount > limits.bytes { throw Exhausted() }
        return result
    }

    /// Makes room in the tables for expressions that are new.
    private mutating func grow() {
        if liveness.count == arena.count { return }
        for index in liveness.count..<arena.count {
            byteCount += 64 + 4 * representatives.count + arena.nodes[index].size
        }
        liveness += Array(repeating: .unknown, count: arena.count - liveness.count)
        transitions += Array(
            repeating: Self.unknown, count: arena.count * representatives.count - transitions.count)
    }

    /// Whether the language of the expression has a string.
    mutating func isLive(_ state: Regex) throws(Exhausted) -> Bool {
        if arena.isPlain(state) { return state != .nothing }
        grow()
        if liveness[state.id] == .unknown { try explore(state) }
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
            if isKnownLive(state) { return markLive(from: state, parents) }
            if liveness[state.id] == .dead { continue }
            for number in representatives.indices {
                let successor = try step(state, UInt8(number))
                if parents[successor] == nil {
                    parents[successor] = state
                    pending.append(successor)
                }
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

    private func isKnownLive(_ state: Regex) -> Bool {
        arena.isNullable(state) || liveness[state.id] == .live || (arena.isPlain(state) && state != .nothing)
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

// MARK: Finite languages

extension LazyDFA {
    /// More states than this are not followed to count strings.
    private static let maximumCountedStates = 2_000

    /// The number of strings of a language; `Int.max` if there are infinitely many, too many, or too many states on the
    /// way to them.
    mutating func stringCount(of regex: Regex) throws(Exhausted) -> Int {
        if !(try isLive(regex)) { return 0 }
        let sizes = classSizes
        var counts: [Regex: Int] = [:]
        var open: Set<Regex> = [regex]
        var path = [CountedState(regex, isAccepting: accepts(regex))]
        while var top = path.popLast() {
            guard top.nextClass < sizes.count else {
                counts[top.regex] = top.count
                open.remove(top.regex)
                continue
            }
            let next = try next(top.regex, class: UInt8(top.nextClass))
            if next == .nothing {
                top.nextClass += 1
            } else if let known = counts[next] {
                top.add(known, times: sizes[top.nextClass])
                top.nextClass += 1
            } else if open.contains(next) || counts.count + path.count > Self.maximumCountedStates {
                return .max
            } else {
                path.append(top)
                open.insert(next)
                top = CountedState(next, isAccepting: accepts(next))
            }
            path.append(top)
        }
        return counts[regex] ?? .max
    }

    /// By class, the number of its bytes.
    private var classSizes: [Int] {
        var sizes = [Int](repeating: 0, count: classCount)
        for number in classes { sizes[Int(number)] += 1 }
        return sizes
    }

    private struct CountedState {
        let regex: Regex
        var nextClass = 0
        var count: Int

        init(_ regex: Regex, isAccepting: Bool) { (self.regex, count) = (regex, isAccepting ? 1 : 0) }

        mutating func add(_ strings: Int, times: Int) {
            let (product, isTooMany) = strings.multipliedReportingOverflow(by: times)
            let (sum, overflows) = count.addingReportingOverflow(product)
            count = isTooMany || overflows ? .max : sum
        }
    }

    /// The strings of a language if there are at most `limit`; nil if there are more.
    mutating func strings(of regex: Regex, limit: Int) throws(Exhausted) -> [[UInt8]]? {
        var result: [[UInt8]] = []
        // Each beginning of a string leads to another one, so there are at least as many strings as beginnings of a length.
        var beginnings: [(text: [UInt8], rest: Regex)] = try isLive(regex) ? [([], regex)] : []
        while !beginnings.isEmpty {
            var longer: [(text: [UInt8], rest: Regex)] = []
            for (text, rest) in beginnings {
                if accepts(rest) { result.append(text) }
                for byte in UInt8.min...UInt8.max {
                    let next = try next(rest, byte)
                    if next == .nothing { continue }
                    longer.append((text + [byte], next))
                    if result.count + longer.count > limit { return nil }
                }
            }
            if result.count > limit { return nil }
            beginnings = longer
        }
        return result
    }
}
