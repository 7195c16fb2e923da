extension RegexArena {
    /// The same rules, in which those that derive a regular expression without calls are part of their callers, and
    /// neighbours are one expression: an automaton then has fewer places to keep.
    ///
    /// - Throws: `ConstraintError` of the kind `tooComplex`.
    mutating func inlining(_ rules: [GrammarExpression]) throws(ConstraintError) -> [GrammarExpression] {
        var rules = rules
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            // Rules mostly refer to later ones.
            for number in rules.indices.reversed() {
                let simplified = simplified(rules[number], rules)
                if count > Self.maximumCount { throw .expressionTooComplex }
                if simplified != rules[number] {
                    rules[number] = simplified
                    hasChanged = true
                }
            }
        }
        return rules
    }

    /// The same expression, with what `rules` derive without calls in the place of calls.
    mutating func simplified(_ expression: GrammarExpression, _ rules: [GrammarExpression]) -> GrammarExpression {
        switch expression {
        case .regex, .token, .name, .selection: return expression
        case .rule(let number):
            if case .regex = rules[number] { return rules[number] }
            return expression
        case .sequence(let parts):
            var result: [GrammarExpression] = []
            var run: [Regex] = []
            for part in parts {
                let part = simplified(part, rules)
                if case .regex(let regex) = part {
                    run.append(regex)
                    continue
                }
                if !run.isEmpty { result.append(.regex(concatenation(run))) }
                run = []
                result.append(part)
            }
            if !run.isEmpty { result.append(.regex(concatenation(run))) }
            return result.count == 1 ? result[0] : result.isEmpty ? .empty : .sequence(result)
        case .choice(let parts):
            var (regexes, others): ([Regex], [GrammarExpression]) = ([], [])
            for part in parts {
                let part = simplified(part, rules)
                if case .regex(let regex) = part { regexes.append(regex) } else { others.append(part) }
            }
            if !regexes.isEmpty { others.insert(.regex(union(regexes)), at: 0) }
            return others.count == 1 ? others[0] : .choice(others)
        case .repetition(let part, let minimum, let maximum):
            let part = simplified(part, rules)
            if case .regex(let regex) = part { return .regex(repetition(regex, minimum, maximum)) }
            return .repetition(part, minimum: minimum, maximum: maximum)
        }
    }
}
