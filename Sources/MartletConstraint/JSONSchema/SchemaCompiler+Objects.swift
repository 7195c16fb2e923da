extension SchemaCompiler {
    /// A member that is known by its name.
    private struct Member {
        /// As it is written, without quotes.
        let name: [UInt8]
        let value: GrammarExpression
        let isRequired: Bool
    }

    /// Names that are not known one by one, with the schemas of their values.
    private struct KeyClass {
        /// Without quotes.
        var names: Regex
        let conjunction: SchemaConjunction
    }

    private static let maximumPatterns = 8
    /// Names that a pattern permits become known members if they are not more.
    private static let maximumListedNames = 64

    mutating func object(_ facts: SchemaFacts) throws(ConstraintError) -> GrammarExpression {
        var names: [[UInt8]] = []
        var known: Set<[UInt8]> = []
        let required = Set(facts.required.map { RegexBuilder.bytes(of: $0, as: .jsonString) })
        let listed = facts.objectParts.flatMap { $0.properties.map(\.name) } + facts.required
        for name in listed {
            let bytes = RegexBuilder.bytes(of: name, as: .jsonString)
            if known.insert(bytes).inserted { names.append(bytes) }
        }
        var matches = try PatternMatches(facts, &builder)
        var members: [Member] = []
        for name in names {
            let value = try value(matches.atoms(of: name, facts))
            members.append(Member(name: name, value: value, isRequired: required.contains(name)))
        }
        var classes: [KeyClass] = []
        for keys in try keyClasses(facts, matches.patterns, except: names) {
            guard !matches.patterns.isEmpty, let texts = try strings(of: keys.names, limit: Self.maximumListedNames)
            else {
                classes.append(keys)
                continue
            }
            let value = try value(keys.conjunction)
            for text in texts.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                members.append(Member(name: text, value: value, isRequired: false))
            }
        }
        let content = try content(facts, members, classes)
        let (open, close) = (builder.arena.literal("{".utf8), builder.arena.literal("}".utf8))
        return .sequence([.regex(open), content, .regex(close)])
    }

    // MARK: Names

    /// All names that are not known, by the schemas of their values.
    private mutating func keyClasses(
        _ facts: SchemaFacts, _ patterns: [Pattern], except names: [[UInt8]]
    ) throws(ConstraintError) -> [KeyClass] {
        if patterns.count > Self.maximumPatterns {
            throw ConstraintError(
                .tooComplex, "An object may have at most \(Self.maximumPatterns) `patternProperties`.", pointer: "")
        }
        let any = builder.anyString(as: .jsonString)
        let known = builder.arena.union(names.map { builder.arena.literal($0) })
        var languages: [Regex] = []
        for pattern in patterns { languages.append(try language(of: pattern)) }
        var classes: [KeyClass] = []
        for subset in 0..<(1 << patterns.count) {
            let matched = Set(patterns.indices.filter { subset >> $0 & 1 != 0 }.map { patterns[$0] })
            let conjunction = SchemaConjunction(facts.objectParts.flatMap { $0.atoms(ofNamesMatching: matched) })
            if conjunction.isNever { continue }
            var parts = [builder.arena.difference(any, known)]
            for (index, language) in languages.enumerated() {
                parts.append(subset >> index & 1 != 0 ? language : builder.arena.complement(language))
            }
            let names = builder.arena.intersection(parts)
            if let index = classes.firstIndex(where: { $0.conjunction == conjunction }) {
                classes[index].names = builder.arena.union([classes[index].names, names])
            } else {
                classes.append(KeyClass(names: names, conjunction: conjunction))
            }
        }
        return classes
    }

    // MARK: Members

    /// Known members in order, then others.
    private mutating func content(
        _ facts: SchemaFacts, _ members: [Member], _ classes: [KeyClass]
    ) throws(ConstraintError) -> GrammarExpression {
        let requiredCount = members.count(where: \.isRequired)
        let minimum = facts.minimumProperties <= requiredCount ? 0 : facts.minimumProperties
        var maximum = facts.maximumProperties ?? .max
        if classes.isEmpty, maximum >= members.count { maximum = .max }
        if max(minimum, requiredCount) > maximum { return .regex(.nothing) }
        // How many members there are matters up to here; without limits, whether there is one.
        let bound = max(1, minimum, maximum == .max ? 1 : maximum)
        // What may follow, by the number of members before it.
        var following = try others(facts, classes, minimum, maximum, bound)
        for (index, member) in members.enumerated().reversed() {
            var rules: [GrammarExpression] = []
            for next in following { rules.append(.rule(try addRule(next))) }
            following = []
            for count in 0...min(bound, index) {
                var choices: [GrammarExpression] = []
                if count < maximum {
                    let name = builder.arena.concatenation(count == 0 ? .empty : separator, key(member.name))
                    choices.append(.sequence([.regex(name), member.value, rules[min(count + 1, bound)]]))
                }
                if !member.isRequired { choices.append(rules[count]) }
                following.append(.choice(choices))
            }
        }
        return following[0]
    }

    /// Members that are not known, by the number of members before them, up to `bound`.
    private mutating func others(
        _ facts: SchemaFacts, _ classes: [KeyClass], _ minimum: Int, _ maximum: Int, _ bound: Int
    ) throws(ConstraintError) -> [GrammarExpression] {
        var others: [GrammarExpression] = []
        let colon = builder.arena.concatenation(builder.arena.literal(":".utf8), space)
        for keys in classes {
            others.append(.sequence([.name(quoted(keys.names)), .regex(colon), try value(keys.conjunction)]))
        }
        let next = GrammarExpression.sequence([.regex(separator), .choice(others)])
        var result: [GrammarExpression] = []
        let total = facts.hasPatternProperties ? try nameCount(classes) : nil
        if let total {
            return (0...bound).map { count in
                let (least, most) = (max(0, minimum - count), min(total, maximum - count))
                if least > most { return .regex(.nothing) }
                if count > 0 { return .repetition(next, minimum: least, maximum: most) }
                if most == 0 { return .empty }
                let rest = GrammarExpression.repetition(next, minimum: max(0, least - 1), maximum: most - 1)
                let some = GrammarExpression.sequence([.choice(others), rest])
                return least == 0 ? .choice([some, .empty]) : some
            }
        }
        for count in (0...bound).reversed() {
            var choices: [GrammarExpression] = count >= minimum ? [.empty] : []
            if !others.isEmpty, count < maximum {
                let rest: GrammarExpression =
                    if let last = result.last { .rule(try addRule(last)) } else {
                        .repetition(next, minimum: 0, maximum: nil)
                    }
                choices.append(.sequence([count == 0 ? .choice(others) : next, rest]))
            }
            result.append(.choice(choices))
        }
        return result.reversed()
    }

    /// How many names there are whose values something satisfies; nil if there are more than an object can be expected to
    /// have.
    private mutating func nameCount(_ classes: [KeyClass]) throws(ConstraintError) -> Int? {
        var counts: [Int] = []
        for keys in classes {
            counts.append(try withDFA { dfa throws(LazyDFA.Exhausted) in try dfa.stringCount(of: keys.names) })
        }
        if counts.allSatisfy({ $0 == .max }) { return classes.isEmpty ? 0 : nil }
        hasFiniteNames = true
        var total = 0
        for (keys, count) in zip(classes, counts) where try !isCertainlyUnsatisfiable(keys.conjunction) {
            total += min(count, RegexParser.maximumCount + 1)
        }
        return total > RegexParser.maximumCount ? nil : total
    }

    private mutating func quoted(_ names: Regex) -> Regex {
        let quote = builder.arena.literal("\"".utf8)
        return builder.arena.concatenation([quote, names, quote])
    }
}

extension SchemaFacts.ObjectPart {
    /// What the value of a member must satisfy whose name matches these patterns and is not that of a property.
    fileprivate func atoms(ofNamesMatching matched: Set<Pattern>) -> [SchemaAtom] {
        let atoms = patterns.filter { matched.contains($0.pattern) }.map(\.atom)
        return atoms.isEmpty ? [additional].compactMap { $0 } : atoms
    }
}

extension SchemaFacts {
    fileprivate var hasPatternProperties: Bool { objectParts.contains { !$0.patterns.isEmpty } }
}

/// Which patterns of an object's schemas a name matches.
private struct PatternMatches {
    /// Each once.
    private(set) var patterns: [Pattern] = []
    private var languages: [Pattern: Regex] = [:]
    private var arena: RegexArena
    /// By part and name, what the properties of that name must satisfy.
    private let named: [[[UInt8]: [SchemaAtom]]]

    init(_ facts: SchemaFacts, _ builder: inout RegexBuilder) throws(ConstraintError) {
        for (pattern, _) in facts.objectParts.flatMap(\.patterns) where languages[pattern] == nil {
            languages[pattern] = try builder.searching(pattern.syntax, as: .jsonString)
            patterns.append(pattern)
        }
        arena = builder.arena
        named = facts.objectParts.map { part in
            Dictionary(
                part.properties.map { (RegexBuilder.bytes(of: $0.name, as: .jsonString), [$0.atom]) },
                uniquingKeysWith: +)
        }
    }

    /// What the value of the member `name` must satisfy.
    mutating func atoms(of name: [UInt8], _ facts: SchemaFacts) -> [SchemaAtom] {
        var matched: Set<Pattern> = []
        for pattern in patterns {
            guard var rest = languages[pattern] else { continue }
            for byte in name { rest = arena.derivative(rest, byte) }
            if arena.isNullable(rest) { matched.insert(pattern) }
        }
        var atoms: [SchemaAtom] = []
        for (part, named) in zip(facts.objectParts, named) {
            let own = (named[name] ?? []) + part.patterns.filter { matched.contains($0.pattern) }.map(\.atom)
            atoms += own.isEmpty ? [part.additional].compactMap { $0 } : own
        }
        return atoms
    }
}
