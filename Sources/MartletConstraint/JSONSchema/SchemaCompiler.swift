internal import MartletJSON

/// Makes the grammar of a JSON Schema: a rule for each conjunction of schemas that a value must satisfy.
struct SchemaCompiler {
    static let maximumRules = 20_000

    private var alternatives: SchemaAlternatives
    private var validator: SchemaValidator
    var builder = RegexBuilder()
    private(set) var rules: [GrammarExpression] = []
    private var numbers: [SchemaConjunction: Int] = [:]
    /// Conjunctions whose rules are not written yet.
    var pending: [(rule: Int, conjunction: SchemaConjunction)] = []
    /// Whether names that objects may have, beside those of properties, can run out.
    var hasFiniteNames = false
    private var languages: [Pattern: Regex] = [:]
    /// After `,` and after `:`.
    let space: Regex
    private let numberLimits: NumberRegex.Limits
    /// Whether nothing is proven about other schemas: those that this takes are then compiled within each other once.
    private let isPermissive: Bool

    private init(
        _ document: SchemaDocument, _ whitespace: JSONWhitespace, _ numberLimits: NumberRegex.Limits,
        isPermissive: Bool = false
    ) {
        (self.numberLimits, self.isPermissive) = (numberLimits, isPermissive)
        alternatives = SchemaAlternatives(
            document,
            areDisjoint: isPermissive
                ? nil
                : { conjunction throws(ConstraintError) in
                    var compiler = SchemaCompiler(document, .none, numberLimits, isPermissive: true)
                    return try compiler.isUnsatisfiable(conjunction)
                })
        validator = SchemaValidator(document)
        let spaces = builder.arena.literal(" ".utf8)
        space = whitespace.isPermitted ? builder.arena.optional(spaces) : .empty
    }

    /// - Throws: `ConstraintError`, with a pointer to the keyword.
    static func compile(
        _ schema: JSONValue, _ whitespace: JSONWhitespace, _ numberLimits: NumberRegex.Limits
    ) throws(ConstraintError) -> Grammar {
        let document = try SchemaDocument(schema)
        let root = SchemaConjunction([SchemaAtom(schema: document.root)])
        var compiler = SchemaCompiler(document, whitespace, numberLimits)
        let rules = try compiler.rules(for: root)
        do throws(ConstraintError) {
            return try Grammar(rules)
        } catch {
            guard error.kind == .unsatisfiable else { throw error }
            throw try compiler.unsatisfiable(root)
        }
    }

    /// The error of a conjunction that nothing satisfies, at the innermost schema for which this is so.
    private mutating func unsatisfiable(_ root: SchemaConjunction) throws(ConstraintError) -> ConstraintError {
        var (current, seen) = (root, Set([root]))
        search: while true {
            let facts = try alternatives.of(current)
            guard facts.count == 1, let object = facts.first else { break }
            for name in object.required {
                let atoms = object.objectParts.flatMap(\.properties).filter { $0.name == name }.map(\.atom)
                let member = SchemaConjunction(atoms)
                guard seen.insert(member).inserted else { continue }
                var compiler = SchemaCompiler(alternatives.document, .none, numberLimits)
                guard try compiler.isUnsatisfiable(member) else { continue }
                current = member
                continue search
            }
            break
        }
        let pointer = try current.atoms.last.map { atom throws(ConstraintError) in
            try alternatives.document.schema(atom.schema).pointer
        }
        let place = pointer.map { $0.isEmpty ? "the schema" : "`\($0)`" } ?? "the schema"
        return ConstraintError(.unsatisfiable, "Nothing satisfies \(place).", pointer: pointer ?? "")
    }

    /// All rules, after which there are none left to make.
    private mutating func rules(for root: SchemaConjunction) throws(ConstraintError) -> GrammarRules {
        let start = try value(root)
        // What nothing satisfies has no rule of its own.
        if rules.isEmpty { _ = try addRule(start) }
        while let (rule, conjunction) = pending.popLast() { rules[rule] = try expression(of: conjunction) }
        var result = GrammarRules(rules, names: ["schema"], json: Set(rules.indices), take(&builder.arena))
        result.hasFiniteNames = hasFiniteNames
        return result
    }

    /// Whether no value satisfies a conjunction. It is not if that takes more than the limits to find out.
    private mutating func isUnsatisfiable(_ conjunction: SchemaConjunction) throws(ConstraintError) -> Bool {
        do throws(ConstraintError) {
            _ = try Grammar(rules(for: conjunction))
            return false
        } catch {
            return error.kind == .unsatisfiable
        }
    }

    /// Whether it is certain that no value satisfies a conjunction.
    func isCertainlyUnsatisfiable(_ conjunction: SchemaConjunction) throws(ConstraintError) -> Bool {
        if isPermissive { return false }
        var compiler = SchemaCompiler(alternatives.document, .none, numberLimits, isPermissive: true)
        return try compiler.isUnsatisfiable(conjunction)
    }

    // MARK: Rules

    mutating func value(_ atoms: some Sequence<SchemaAtom>) throws(ConstraintError) -> GrammarExpression {
        try value(SchemaConjunction(atoms))
    }

    /// The values that satisfy a conjunction.
    mutating func value(_ conjunction: SchemaConjunction) throws(ConstraintError) -> GrammarExpression {
        if conjunction.isNever { return .regex(.nothing) }
        if let known = numbers[conjunction] { return .rule(known) }
        let number = try addRule(.rule(rules.count))  // itself, until it is written
        numbers[conjunction] = number
        pending.append((number, conjunction))
        return .rule(number)
    }

    mutating func addRule(_ expression: GrammarExpression) throws(ConstraintError) -> Int {
        if rules.count >= Self.maximumRules {
            throw ConstraintError(
                .tooComplex, "The schema needs more than \(Self.maximumRules) rules. Use a smaller one.", pointer: "")
        }
        rules.append(expression)
        return rules.count - 1
    }

    mutating func setRule(_ number: Int, _ expression: GrammarExpression) { rules[number] = expression }

    mutating func expression(of conjunction: SchemaConjunction) throws(ConstraintError) -> GrammarExpression {
        var choices: [GrammarExpression] = []
        var values: [[UInt8]: JSONValue] = [:]
        for facts in try alternatives.of(conjunction) {
            guard let listed = facts.values else {
                choices += try choicesOfTypes(facts)
                continue
            }
            for value in listed.values where try validator.accepts(value, conjunction) {
                values[value.canonical] = value
            }
        }
        let literals = values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { literal($0.value) }
        if !literals.isEmpty { choices.append(.regex(builder.arena.union(literals))) }
        return .choice(choices)
    }

    /// A value that is given, in the order of its members.
    private mutating func literal(_ value: JSONValue) -> Regex {
        var parts: [Regex] = []
        switch value {
        case .array(let elements):
            for element in elements { parts += [parts.isEmpty ? .empty : separator, literal(element)] }
            return bracketed("[", builder.arena.concatenation(parts), "]")
        case .object(let object):
            for (name, member) in object {
                parts += [
                    parts.isEmpty ? .empty : separator, key(RegexBuilder.bytes(of: name, as: .jsonString)),
                    literal(member),
                ]
            }
            return bracketed("{", builder.arena.concatenation(parts), "}")
        case .string(let text): return builder.arena.literal(JSONValue.quoted(text))
        case .number(let number): return builder.arena.literal(number.spelling.utf8)
        default: return builder.arena.literal(value.description.utf8)
        }
    }

    private mutating func bracketed(_ opening: String, _ content: Regex, _ closing: String) -> Regex {
        builder.arena.concatenation([
            builder.arena.literal(opening.utf8), content, builder.arena.literal(closing.utf8),
        ])
    }

    // MARK: Types

    private mutating func choicesOfTypes(_ facts: SchemaFacts) throws(ConstraintError) -> [GrammarExpression] {
        var choices: [GrammarExpression] = []
        var constants: [JSONValue] = []
        if facts.types.contains(.null) { constants.append(.null) }
        if facts.types.contains(.boolean) { constants += [true, false] }
        for constant in constants where facts.excluded[constant.canonical] == nil {
            choices.append(.regex(builder.arena.literal(constant.description.utf8)))
        }
        if !facts.types.isDisjoint(with: .number) { choices.append(.regex(number(facts))) }
        if facts.types.contains(.string) { choices.append(.regex(try string(facts))) }
        if facts.types.contains(.array) { choices.append(try array(facts)) }
        if facts.types.contains(.object) { choices.append(try object(facts)) }
        return choices
    }

    private mutating func number(_ facts: SchemaFacts) -> Regex {
        let numbers = NumberRegex(isInteger: !facts.types.contains(.fraction), numberLimits)
        let excluded = facts.excluded.values.compactMap { $0.number.flatMap(DecimalNumber.init) }
        let isFraction = !facts.types.contains(.integer)
        let isBounded =
            isFraction || !facts.bounds.isEmpty || !facts.multiples.isEmpty || !facts.excludedMultiples.isEmpty
            || !excluded.isEmpty
        var parts = [numbers.number(isBounded: isBounded, in: &builder.arena)]
        for bound in facts.bounds { parts.append(numbers.numbers(within: bound, in: &builder.arena)) }
        for modulus in facts.multiples.compactMap(\.modulus) {
            parts.append(numbers.multiples(of: modulus, in: &builder.arena))
        }
        var refused = facts.excludedMultiples.compactMap(\.modulus).map {
            numbers.multiples(of: $0, in: &builder.arena)
        }
        if isFraction {
            let unit = DecimalModulus(value: 1, fractionDigits: 0)
            refused.append(numbers.multiples(of: unit, in: &builder.arena))
        }
        for value in excluded {
            let sides = [NumberRegex.Side.atLeast, .atMost].map { side in
                numbers.numbers(
                    within: Schema.Bound(side: side, value: value, isExclusive: false), in: &builder.arena)
            }
            refused.append(builder.arena.intersection(sides))
        }
        return builder.arena.difference(builder.arena.intersection(parts), builder.arena.union(refused))
    }

    private mutating func string(_ facts: SchemaFacts) throws(ConstraintError) -> Regex {
        let scalar = builder.scalar(of: .all, as: .jsonString)
        var parts: [Regex] = []
        for pattern in facts.patterns { parts.append(try language(of: pattern)) }
        if facts.minimumLength > facts.maximumLength ?? .max { return .nothing }
        if parts.isEmpty || facts.minimumLength > 0 || facts.maximumLength != nil {
            parts.append(builder.arena.repetition(scalar, facts.minimumLength, facts.maximumLength))
        }
        var refused: [Regex] = []
        for pattern in facts.excludedPatterns { refused.append(try language(of: pattern)) }
        for text in facts.excluded.values.compactMap(\.string) {
            refused.append(builder.literal(text, as: .jsonString))
        }
        let content = builder.arena.difference(builder.arena.intersection(parts), builder.arena.union(refused))
        return bracketed("\"", content, "\"")
    }

    /// The contents of strings that a pattern matches.
    mutating func language(of pattern: Pattern) throws(ConstraintError) -> Regex {
        if let known = languages[pattern] { return known }
        let language = try builder.searching(pattern.syntax, as: .jsonString)
        languages[pattern] = language
        return language
    }

    // MARK: Punctuation

    /// Between elements and members.
    var separator: Regex {
        mutating get { builder.arena.concatenation(builder.arena.literal(",".utf8), space) }
    }

    /// A member's name with its quotes and the colon.
    mutating func key(_ name: [UInt8]) -> Regex {
        let quote = [UInt8(ascii: "\"")]
        return builder.arena.concatenation(builder.arena.literal(quote + name + quote + [UInt8(ascii: ":")]), space)
    }
}
