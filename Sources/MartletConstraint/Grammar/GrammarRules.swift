/// A grammar as it is written, before it is a graph. Grammars can be parts of another one.
struct GrammarRules: Sendable {
    /// What each rule derives; the first is the start.
    var rules: [GrammarExpression]
    /// The names of the first rules, for errors; nameless rules belong to the first of them.
    var names: [String]
    /// The expressions that the rules refer to.
    var arena: RegexArena
    /// The rules of JSON texts, in which the names of an object's members must differ.
    var json: Set<Int>
    /// Whether such names can run out: there are finitely many for an object.
    var hasFiniteNames = false

    init(_ rules: [GrammarExpression], names: [String] = [], json: Set<Int> = [], _ arena: RegexArena) {
        (self.rules, self.names, self.json, self.arena) = (rules, names, json, arena)
    }

    /// Adds the rules of another grammar. Returns its start.
    mutating func add(_ other: GrammarRules) -> GrammarExpression {
        let expressions = arena.add(other.arena)
        let offset = rules.count
        for rule in other.rules { rules.append(rule.moved(by: offset, expressions)) }
        hasFiniteNames = hasFiniteNames || other.hasFiniteNames
        json.formUnion(other.json.map { $0 + offset })
        return .rule(offset)
    }
}

extension GrammarExpression {
    /// The same expression in another grammar.
    ///
    /// - Parameters:
    ///   - offset: The number of the first rule there.
    ///   - expressions: By regular expression, its counterpart there.
    fileprivate func moved(by offset: Int, _ expressions: [Regex]) -> GrammarExpression {
        switch self {
        case .regex(let regex): .regex(expressions[regex.id])
        case .token: self
        case .name(let language): .name(expressions[language.id])
        case .selection(let selection): .selection(Selection(selection, expressions))
        case .rule(let number): .rule(number + offset)
        case .sequence(let parts): .sequence(parts.map { $0.moved(by: offset, expressions) })
        case .choice(let parts): .choice(parts.map { $0.moved(by: offset, expressions) })
        case .repetition(let part, let minimum, let maximum):
            .repetition(part.moved(by: offset, expressions), minimum: minimum, maximum: maximum)
        }
    }
}
