/// What is known of a grammar's nodes before any byte: which of them lead to an end, and which rules begin with themselves.
struct GrammarAnalysis {
    private let nodes: [Grammar.Node]
    private let starts: [Int32]
    /// By node, whether a finite string leads from it to the end of its rule.
    private let isProductive: [Bool]
    /// By node, whether the end of its rule is reached without a byte.
    private let isNullable: [Bool]
    /// By node, whether it is an expression that has the empty string.
    private let isEmptyTerminal: [Bool]

    init(_ nodes: [Grammar.Node], _ starts: [Int32], _ dfa: inout LazyDFA) throws(LazyDFA.Exhausted) {
        (self.nodes, self.starts) = (nodes, starts)
        var (live, nullable) = (
            [Bool](repeating: true, count: nodes.count), [Bool](repeating: false, count: nodes.count)
        )
        for (index, node) in nodes.enumerated() {
            if case .regex(let regex, _) = node {
                (live[index], nullable[index]) = (try dfa.isLive(regex), dfa.accepts(regex))
            }
        }
        isProductive = Self.leastFixedPoint(nodes, starts) { index in live[index] }
        for (index, node) in nodes.enumerated() {
            if case .selection(let selection, _, _) = node { nullable[index] = selection.minimum == 0 }
        }
        isNullable = Self.leastFixedPoint(nodes, starts) { index in nullable[index] }
        isEmptyTerminal = nullable
    }

    func isProductive(rule: Int) -> Bool { isProductive[Int(starts[rule])] }

    /// The nodes for which `holds` is true of all terminals on a way to the end of their rule.
    private static func leastFixedPoint(
        _ nodes: [Grammar.Node], _ starts: [Int32], _ holds: (Int) -> Bool
    ) -> [Bool] {
        var result = [Bool](repeating: false, count: nodes.count)
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            // A node is made after those that follow it, except for loops.
            for (index, node) in nodes.enumerated() where !result[index] {
                let isTrue =
                    switch node {
                    case .end: true
                    case .regex(_, let next), .token(_, let next), .selection(_, _, let next):
                        holds(index) && result[Int(next)]
                    case .call(let rule, let next): result[Int(starts[Int(rule)])] && result[Int(next)]
                    case .choice(let choices): choices.contains { result[Int($0)] }
                    }
                if isTrue {
                    result[index] = true
                    hasChanged = true
                }
            }
        }
        return result
    }

    /// The nodes without the choices that lead nowhere.
    var productiveNodes: [Grammar.Node] {
        nodes.map { node in
            guard case .choice(let choices) = node else { return node }
            return .choice(choices.filter { isProductive[Int($0)] })
        }
    }

    /// A rule that can call itself before any byte, with something left to do afterwards; nil if there is none.
    var leftRecursiveRule: Int? {
        // By rule, the rules that it can call first, and whether something is left to do after them.
        let calls = starts.map { firstCalls(from: $0) }
        // A rule is left recursive if it is on a cycle of calls of which one has something left to do: if that call's
        // target is in the same component.
        let components = StronglyConnectedComponents(calls.map { Array($0.keys) }).numbers
        return calls.indices.first { rule in
            calls[rule].contains { target, hasRest in hasRest && components[target] == components[rule] }
        }
    }

    private func firstCalls(from start: Int32) -> [Int: Bool] {
        var result: [Int: Bool] = [:]
        var seen: Set<Int32> = [start]
        var pending = [start]
        func visit(_ node: Int32) { if seen.insert(node).inserted { pending.append(node) } }
        while let index = pending.popLast() {
            if !isProductive[Int(index)] { continue }
            switch nodes[Int(index)] {
            case .end, .token: break
            case .regex(_, let next), .selection(_, _, let next): if isEmptyTerminal[Int(index)] { visit(next) }
            case .choice(let choices): choices.forEach(visit)
            case .call(let rule, let next):
                result[Int(rule), default: false] = result[Int(rule), default: false] || nodes[Int(next)] != .end
                if isNullable[Int(starts[Int(rule)])] { visit(next) }
            }
        }
        return result
    }
}
