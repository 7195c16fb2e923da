internal import MartletJSON

/// Writes schemas as alternatives of facts: references and `allOf` become part of the schema that has them; `anyOf`,
/// `oneOf` and `if` become alternatives.
struct SchemaAlternatives {
    static let maximumCount = 1_000
    /// Of schemas that refer to each other, without an array or an object in between.
    static let maximumDepth = 128
    /// Of all facts that are merged for a schema.
    static let maximumMerges = 200_000
    /// Of the schemas of `oneOf` that are compiled in pairs.
    static let maximumProofs = 1_000

    let document: SchemaDocument
    /// Decides about schemas of `oneOf` that are not seen to be disjoint. Nil to take `oneOf` for `anyOf`, which permits
    /// more.
    let areDisjoint: ((SchemaConjunction) throws(ConstraintError) -> Bool)?
    private var known: [SchemaAtom: [SchemaFacts]] = [:]
    private var open: Set<SchemaAtom> = []
    private var mergeCount = 0
    private var proofCount = 0

    init(
        _ document: SchemaDocument,
        areDisjoint: ((SchemaConjunction) throws(ConstraintError) -> Bool)?
    ) { (self.document, self.areDisjoint) = (document, areDisjoint) }

    /// A value satisfies the conjunction if it satisfies one of the facts.
    mutating func of(_ conjunction: SchemaConjunction) throws(ConstraintError) -> [SchemaFacts] {
        if conjunction.isNever { return [] }
        var result = [SchemaFacts()]
        for atom in conjunction.atoms {
            result = try product(result, try of(atom), at: document.schema(atom.schema).pointer)
        }
        return result
    }

    /// - Parameter pointer: For errors.
    private mutating func product(
        _ left: [SchemaFacts], _ right: [SchemaFacts], at pointer: String
    ) throws(ConstraintError) -> [SchemaFacts] {
        var result: [SchemaFacts] = []
        for first in left {
            for second in right {
                let facts = first.merged(with: second)
                if !facts.isEmpty { result.append(facts) }
            }
            mergeCount += right.count
            try check(result, at: pointer)
        }
        return result
    }

    /// - Throws: `ConstraintError` if there are too many.
    func check(_ facts: [SchemaFacts], at pointer: String) throws(ConstraintError) {
        if facts.count > Self.maximumCount || mergeCount > Self.maximumMerges {
            throw .at(pointer, .tooComplex, "the schema has too many alternatives.")
        }
    }

    mutating func of(_ atom: SchemaAtom) throws(ConstraintError) -> [SchemaFacts] {
        if let known = known[atom] { return known }
        let schema = try document.schema(atom.schema)
        guard open.insert(atom).inserted else {
            throw .at(
                schema.pointer, .malformed, "the schema refers to itself without an array or an object in between.")
        }
        defer { open.remove(atom) }
        if open.count > Self.maximumDepth {
            throw .at(
                schema.pointer, .tooComplex, "more than \(Self.maximumDepth) schemas refer to each other in a row.")
        }
        let result = atom.isNegated ? try complement(of: schema) : try alternatives(of: schema)
        known[atom] = result
        return result
    }

    // MARK: Schemas

    private mutating func alternatives(of schema: Schema) throws(ConstraintError) -> [SchemaFacts] {
        if schema.isNever { return [] }
        var result = [SchemaFacts(schema)]
        for values in schema.enumerations {
            var facts = SchemaFacts()
            facts.values = values
            result = try product(result, [facts], at: schema.pointer)
        }
        for part in schema.allOf + [schema.reference].compactMap({ $0 }) {
            result = try product(result, try of(SchemaAtom(schema: part)), at: schema.pointer)
        }
        if let not = schema.not {
            result = try product(result, try of(SchemaAtom(schema: not, isNegated: true)), at: schema.pointer)
        }
        if let choices = schema.anyOf {
            var facts: [SchemaFacts] = []
            for choice in choices {
                facts += try of(SchemaAtom(schema: choice))
                try check(facts, at: schema.pointer)
            }
            result = try product(result, facts, at: schema.pointer)
        }
        if let choices = schema.oneOf {
            result = try product(result, try exactlyOne(of: choices, schema), at: schema.pointer)
        }
        if let condition = schema.condition {
            let (yes, no) = (SchemaAtom(schema: condition), SchemaAtom(schema: condition, isNegated: true))
            let then = SchemaConjunction([yes, SchemaAtom(schema: schema.then ?? SchemaDocument.always)])
            let otherwise = SchemaConjunction([no, SchemaAtom(schema: schema.otherwise ?? SchemaDocument.always)])
            result = try product(result, try of(then) + (try of(otherwise)), at: schema.pointer)
        }
        return result
    }

    /// `oneOf`: a choice, without the others that overlap with it.
    private mutating func exactlyOne(
        of choices: [SchemaID], _ schema: Schema
    ) throws(ConstraintError) -> [SchemaFacts] {
        var result: [SchemaFacts] = []
        for (index, choice) in choices.enumerated() {
            var facts = try of(SchemaAtom(schema: choice))
            for (number, other) in choices.enumerated() where number != index {
                if try areApart(facts, choice, other) { continue }
                do throws(ConstraintError) {
                    let complement = try of(SchemaAtom(schema: other, isNegated: true))
                    facts = try product(facts, complement, at: schema.pointer)
                } catch {
                    let pointer = schema.pointer.appendingPointer("oneOf")
                    throw .at(
                        pointer, .unsupported,
                        "a value can satisfy both schema \(min(index, number)) and schema \(max(index, number)). Use "
                            + "`anyOf`, or give each a property with a `const` of its own.")
                }
            }
            result += facts
            try check(result, at: schema.pointer)
        }
        return result
    }

    private mutating func areApart(
        _ facts: [SchemaFacts], _ choice: SchemaID, _ other: SchemaID
    ) throws(ConstraintError) -> Bool {
        guard let areDisjoint else { return true }
        for second in try of(SchemaAtom(schema: other)) {
            mergeCount += facts.count
            for first in facts where !first.merged(with: second).isEmpty {
                proofCount += 1
                if proofCount > Self.maximumProofs {
                    throw .at(
                        try document.schema(choice).pointer, .tooComplex,
                        "too many schemas of `oneOf` have to be compared. Use `anyOf`.")
                }
                return try areDisjoint(SchemaConjunction([SchemaAtom(schema: choice), SchemaAtom(schema: other)]))
            }
        }
        return true
    }
}

extension SchemaFacts {
    /// What a schema demands without its applicators.
    fileprivate init(_ schema: Schema) {
        types = schema.types
        if let pattern = schema.pattern { patterns.insert(pattern) }
        if let format = schema.format { patterns.insert(format) }
        (minimumLength, maximumLength) = (schema.minimumLength, schema.maximumLength)
        bounds = Set(schema.bounds)
        if let divisor = schema.multipleOf { multiples.insert(divisor) }
        if !schema.properties.isEmpty || !schema.patternProperties.isEmpty || schema.additionalProperties != nil {
            objectParts = [
                ObjectPart(
                    source: schema.pointer,
                    properties: schema.properties.map { ($0.name, SchemaAtom(schema: $0.schema)) },
                    patterns: schema.patternProperties.map { ($0.pattern, SchemaAtom(schema: $0.schema)) },
                    additional: schema.additionalProperties.map { SchemaAtom(schema: $0) })
            ]
        }
        required = schema.required
        (minimumProperties, maximumProperties) = (schema.minimumProperties, schema.maximumProperties)
        if !schema.prefixItems.isEmpty || schema.items != nil {
            arrayParts = [
                ArrayPart(
                    source: schema.pointer, prefix: schema.prefixItems.map { SchemaAtom(schema: $0) },
                    rest: schema.items.map { SchemaAtom(schema: $0) })
            ]
        }
        (minimumItems, maximumItems) = (schema.minimumItems, schema.maximumItems)
        uniqueItems = schema.uniqueItems ? schema.pointer.appendingPointer("uniqueItems") : nil
    }
}
