/// Makes a grammar's nodes, each after what follows it.
struct GrammarBuilder {
    static let maximumNodes = 100_000

    var arena: RegexArena
    private(set) var nodes: [Grammar.Node] = [.end]
    /// The first nodes of rules that repeated parts have become. Their numbers follow those of the grammar's own rules.
    private(set) var innerRules: [Int32] = []
    /// The nodes that are names of members which must differ.
    private(set) var names: Set<Int32> = []
    private let ruleCount: Int

    init(_ arena: RegexArena, ruleCount: Int) { (self.arena, self.ruleCount) = (arena, ruleCount) }

    /// Adds what `expression` derives, followed by what is at `next`. Returns its first node.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    mutating func add(_ expression: GrammarExpression, before next: Int32) throws(ConstraintError) -> Int32 {
        switch expression {
        case .regex(.empty): return next
        case .regex(let regex): return try add(.regex(regex, next: next))
        case .token(let set): return try add(.token(set, next: next))
        case .name(let language):
            let node = try add(.regex(language, next: next))
            names.insert(node)
            return node
        case .selection(let selection): return try add(.selection(selection, used: 0, next: next))
        case .rule(let number): return try add(.call(rule: Int32(number), next: next))
        case .sequence(let parts):
            var result = next
            for part in parts.reversed() { result = try add(part, before: result) }
            return result
        case .choice(let parts):
            var choices: [Int32] = []
            var known: Set<Int32> = []
            for part in parts {
                let node = try add(part, before: next)
                if known.insert(node).inserted { choices.append(node) }
            }
            return choices.count == 1 ? choices[0] : try add(.choice(choices))
        case .repetition(.regex(let regex), let minimum, let maximum):
            return try add(.regex(arena.repetition(regex, minimum, maximum)), before: next)
        case .repetition(let part, let minimum, let maximum):
            return try add(repeating: part, minimum, maximum, before: next)
        }
    }

    private mutating func add(_ node: Grammar.Node) throws(ConstraintError) -> Int32 {
        if nodes.count >= Self.maximumNodes {
            throw ConstraintError(
                .tooComplex, "The constraint has more than \(Self.maximumNodes) parts. Use a smaller one.")
        }
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    private mutating func add(
        repeating part: GrammarExpression, _ minimum: Int, _ maximum: Int?, before next: Int32
    ) throws(ConstraintError) -> Int32 {
        // A rule of its own, so that a repetition is one node.
        let rule: Int32
        if case .rule(let number) = part {
            rule = Int32(number)
        } else {
            let start = try add(part, before: 0)
            innerRules.append(start)
            rule = Int32(ruleCount + innerRules.count - 1)
        }
        var result = next
        if let maximum {
            for _ in minimum..<max(minimum, maximum) {
                result = try add(.choice([try add(.call(rule: rule, next: result)), next]))
            }
        } else {
            let loop = try add(.end)
            nodes[Int(loop)] = .choice([try add(.call(rule: rule, next: loop)), next])
            result = loop
        }
        for _ in 0..<minimum { result = try add(.call(rule: rule, next: result)) }
        return result
    }
}
