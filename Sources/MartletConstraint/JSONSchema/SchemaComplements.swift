internal import MartletJSON

extension SchemaAlternatives {
    /// What does not satisfy a schema: what does not satisfy one of its keywords.
    mutating func complement(of schema: Schema) throws(ConstraintError) -> [SchemaFacts] {
        if schema.isNever { return [SchemaFacts()] }
        func unsupported(_ keyword: String) -> ConstraintError {
            let pointer = schema.pointer.appendingPointer(keyword)
            return .at(pointer, .unsupported, "`\(keyword)` is not supported where a schema must not be satisfied.")
        }
        if schema.format != nil { throw unsupported("format") }
        if !schema.patternProperties.isEmpty { throw unsupported("patternProperties") }
        if schema.additionalProperties ?? SchemaDocument.always != SchemaDocument.always {
            throw unsupported("additionalProperties")
        }
        if schema.items ?? SchemaDocument.always != SchemaDocument.always { throw unsupported("items") }
        if !schema.prefixItems.isEmpty { throw unsupported("prefixItems") }
        if schema.uniqueItems { throw unsupported("uniqueItems") }
        var result = SchemaFacts.complements(ofScalarsIn: schema) + SchemaFacts.complements(ofCountsIn: schema)
        if schema.types != .all { result.append(SchemaFacts(types: .all.subtracting(schema.types))) }
        for list in schema.enumerations {
            guard let facts = SchemaFacts(excluding: list.values) else {
                throw unsupported(list.values.count == 1 ? "const" : "enum")
            }
            result.append(facts)
        }
        result += SchemaFacts.complements(ofPropertiesIn: schema)
        for part in schema.allOf + [schema.reference].compactMap({ $0 }) {
            result += try of(SchemaAtom(schema: part, isNegated: true))
            try check(result, at: schema.pointer)
        }
        if let not = schema.not { result += try of(SchemaAtom(schema: not)) }
        if let choices = schema.anyOf {
            result += try of(SchemaConjunction(choices.map { SchemaAtom(schema: $0, isNegated: true) }))
        }
        if let choices = schema.oneOf { result += try notExactlyOne(of: choices) }
        if let condition = schema.condition {
            result += try of(
                SchemaConjunction([
                    SchemaAtom(schema: condition),
                    SchemaAtom(schema: schema.then ?? SchemaDocument.always, isNegated: true),
                ]))
            result += try of(
                SchemaConjunction([
                    SchemaAtom(schema: condition, isNegated: true),
                    SchemaAtom(schema: schema.otherwise ?? SchemaDocument.always, isNegated: true),
                ]))
        }
        try check(result, at: schema.pointer)
        return result
    }

    /// None, or two.
    private mutating func notExactlyOne(of choices: [SchemaID]) throws(ConstraintError) -> [SchemaFacts] {
        var result = try of(SchemaConjunction(choices.map { SchemaAtom(schema: $0, isNegated: true) }))
        for (index, first) in choices.enumerated() {
            for second in choices[(index + 1)...] {
                result += try of(SchemaConjunction([SchemaAtom(schema: first), SchemaAtom(schema: second)]))
                try check(result, at: document.schema(first).pointer)
            }
        }
        return result
    }
}

extension SchemaFacts {
    /// All values of some types.
    fileprivate init(types: JSONTypes) { self.types = types }

    /// All but some values; nil if one of them is an array or an object, for which there is no grammar of the others.
    fileprivate init?(excluding values: [JSONValue]) {
        for value in values {
            switch value {
            case .null: types.subtract(.null)
            case .bool, .string, .number: excluded[value.canonical] = value
            case .array, .object: return nil
            }
        }
    }

    fileprivate static func complements(ofScalarsIn schema: Schema) -> [SchemaFacts] {
        var result: [SchemaFacts] = []
        func add(_ types: JSONTypes, _ change: (inout SchemaFacts) -> Void) {
            var facts = SchemaFacts(types: types)
            change(&facts)
            result.append(facts)
        }
        if let pattern = schema.pattern { add(.string) { $0.excludedPatterns = [pattern] } }
        if schema.minimumLength > 0 { add(.string) { $0.maximumLength = schema.minimumLength - 1 } }
        if let maximum = schema.maximumLength { add(.string) { $0.minimumLength = maximum + 1 } }
        for bound in schema.bounds {
            let side: NumberRegex.Side = bound.side == .atLeast ? .atMost : .atLeast
            add(.number) {
                $0.bounds = [Schema.Bound(side: side, value: bound.value, isExclusive: !bound.isExclusive)]
            }
        }
        if let divisor = schema.multipleOf { add(.number) { $0.excludedMultiples = [divisor] } }
        return result
    }

    fileprivate static func complements(ofCountsIn schema: Schema) -> [SchemaFacts] {
        var result: [SchemaFacts] = []
        func add(_ types: JSONTypes, _ change: (inout SchemaFacts) -> Void) {
            var facts = SchemaFacts(types: types)
            change(&facts)
            result.append(facts)
        }
        if schema.minimumItems > 0 { add(.array) { $0.maximumItems = schema.minimumItems - 1 } }
        if let maximum = schema.maximumItems { add(.array) { $0.minimumItems = maximum + 1 } }
        if schema.minimumProperties > 0 { add(.object) { $0.maximumProperties = schema.minimumProperties - 1 } }
        if let maximum = schema.maximumProperties { add(.object) { $0.minimumProperties = maximum + 1 } }
        return result
    }

    /// Objects with a property that does not satisfy its schema, or without one that is required.
    fileprivate static func complements(ofPropertiesIn schema: Schema) -> [SchemaFacts] {
        var result: [SchemaFacts] = []
        for property in schema.properties {
            var facts = SchemaFacts(types: .object)
            facts.required = [property.name]
            facts.objectParts = [
                ObjectPart(
                    source: schema.pointer + " " + property.name,
                    properties: [(property.name, SchemaAtom(schema: property.schema, isNegated: true))])
            ]
            result.append(facts)
        }
        for name in schema.required {
            var facts = SchemaFacts(types: .object)
            facts.objectParts = [ObjectPart(source: schema.pointer + " without " + name, properties: [(name, .never)])]
            result.append(facts)
        }
        return result
    }
}
