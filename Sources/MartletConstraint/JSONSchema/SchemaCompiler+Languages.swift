extension SchemaCompiler {
    /// The strings of a language if there are at most `limit`; nil if there are more.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    mutating func strings(of regex: Regex, limit: Int) throws(ConstraintError) -> [[UInt8]]? {
        try withDFA { dfa throws(LazyDFA.Exhausted) in try dfa.strings(of: regex, limit: limit) }
    }

    /// Calls `body` with an automaton of the expressions that there are, and keeps those that it adds.
    mutating func withDFA<Result>(
        _ body: (inout LazyDFA) throws(LazyDFA.Exhausted) -> Result
    ) throws(ConstraintError) -> Result {
        var dfa = LazyDFA(take(&builder.arena))
        defer { builder.arena = dfa.arena }
        do throws(LazyDFA.Exhausted) {
            return try body(&dfa)
        } catch {
            throw .expressionTooComplex
        }
    }

    /// The values of a conjunction if they are strings of a regular language.
    mutating func regularValues(_ conjunction: SchemaConjunction) throws(ConstraintError) -> Regex? {
        var known: [Int: Regex?] = [:]
        return try regex(of: value(conjunction), &known)
    }

    /// - Parameter known: By rule, what is known; nil for those that are no regular language or call themselves.
    private mutating func regex(
        of expression: GrammarExpression, _ known: inout [Int: Regex?]
    ) throws(ConstraintError) -> Regex? {
        switch expression {
        case .regex(let regex): return regex
        case .rule(let number):
            if let known = known[number] { return known }
            known[number] = .some(nil)
            if let index = pending.firstIndex(where: { $0.rule == number }) {
                setRule(number, try self.expression(of: pending.remove(at: index).conjunction))
            }
            let regex = try regex(of: rules[number], &known)
            known[number] = regex
            return regex
        case .sequence(let parts):
            guard let all = try regexes(of: parts, &known) else { return nil }
            return builder.arena.concatenation(all)
        case .choice(let parts):
            guard let all = try regexes(of: parts, &known) else { return nil }
            return builder.arena.union(all)
        case .repetition(let part, let minimum, let maximum):
            guard let part = try regex(of: part, &known) else { return nil }
            return builder.arena.repetition(part, minimum, maximum)
        case .token, .name, .selection: return nil
        }
    }

    private mutating func regexes(
        of parts: [GrammarExpression], _ known: inout [Int: Regex?]
    ) throws(ConstraintError) -> [Regex]? {
        var result: [Regex] = []
        for part in parts {
            guard let regex = try regex(of: part, &known) else { return nil }
            result.append(regex)
        }
        return result
    }
}
