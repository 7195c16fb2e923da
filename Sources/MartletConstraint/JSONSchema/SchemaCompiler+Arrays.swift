internal import MartletJSON

extension SchemaCompiler {
    private static let maximumSpellings = 4_096

    mutating func array(_ facts: SchemaFacts) throws(ConstraintError) -> GrammarExpression {
        let open = GrammarExpression.regex(builder.arena.literal("[".utf8))
        let close = GrammarExpression.regex(builder.arena.literal("]".utf8))
        let prefixCount = facts.arrayParts.map(\.prefix.count).max() ?? 0
        let (minimum, maximum) = (facts.minimumItems, facts.maximumItems ?? .max)
        if minimum > maximum { return .regex(.nothing) }
        if let pointer = facts.uniqueItems, maximum > 1 {
            let content = try uniqueItems(facts, prefixCount, at: pointer)
            return .sequence([open, content, close])
        }
        // From the end, since what follows an item is known before it.
        var rest = try items(facts, after: prefixCount, minimum, maximum)
        for index in (0..<prefixCount).reversed() {
            var content: [GrammarExpression] = index == 0 ? [] : [.regex(separator)]
            content.append(try item(facts, at: index))
            content.append(.rule(try addRule(rest)))
            var choices: [GrammarExpression] = []
            if index < maximum { choices.append(.sequence(content)) }
            if index >= minimum { choices.append(.empty) }
            rest = .choice(choices)
        }
        return .sequence([open, rest, close])
    }

    /// An item at a position; beyond all prefixes, at any position there.
    private mutating func item(_ facts: SchemaFacts, at index: Int) throws(ConstraintError) -> GrammarExpression {
        try value(
            facts.arrayParts.compactMap { part in
                part.prefix.indices.contains(index) ? part.prefix[index] : part.rest
            })
    }

    /// The items after the first `count`, as many as are missing.
    private mutating func items(
        _ facts: SchemaFacts, after count: Int, _ minimum: Int, _ maximum: Int
    ) throws(ConstraintError) -> GrammarExpression {
        if count >= maximum { return count >= minimum ? .empty : .regex(.nothing) }
        let item = try item(facts, at: count)
        let (least, most) = (max(0, minimum - count), facts.maximumItems.map { $0 - count })
        let next = GrammarExpression.sequence([.regex(separator), item])
        if count > 0 { return .repetition(next, minimum: least, maximum: most) }
        let some = GrammarExpression.sequence([
            item, .repetition(next, minimum: max(0, least - 1), maximum: most.map { $0 - 1 }),
        ])
        return least == 0 ? .choice([some, .empty]) : some
    }

    /// Items of which no two are equal.
    ///
    /// - Parameter pointer: That of `uniqueItems`.
    private mutating func uniqueItems(
        _ facts: SchemaFacts, _ prefixCount: Int, at pointer: String
    ) throws(ConstraintError) -> GrammarExpression {
        let fault = ConstraintError.at(
            pointer, .unsupported,
            "`uniqueItems` is supported for items of at most \(Selection.maximumCount) values, such as those "
                + "of an `enum`.")
        guard prefixCount == 0 else { throw fault }
        let conjunction = SchemaConjunction(facts.arrayParts.compactMap(\.rest))
        guard let items = try regularValues(conjunction),
            let texts = try strings(of: items, limit: Self.maximumSpellings)
        else { throw fault }
        // Optional spaces and zeros give a value several spellings.
        var spellings: [[UInt8]: [Regex]] = [:]
        for text in texts {
            guard let value = try? JSONValue(parsing: text) else { throw fault }
            spellings[value.canonical, default: []].append(builder.arena.literal(text))
        }
        if spellings.count > Selection.maximumCount { throw fault }
        let values = spellings.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
            builder.arena.union($0.value)
        }
        let selection = Selection(
            values, separator: separator, minimum: facts.minimumItems, maximum: facts.maximumItems, &builder.arena)
        if selection.minimum > selection.maximum { return .regex(.nothing) }
        return .selection(selection)
    }
}
