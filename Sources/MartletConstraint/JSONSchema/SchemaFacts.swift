internal import MartletJSON

/// A schema, or what is not one.
struct SchemaAtom: Hashable, Comparable, Sendable {
    let schema: SchemaID
    var isNegated = false

    static func < (left: SchemaAtom, right: SchemaAtom) -> Bool {
        (left.schema, left.isNegated ? 1 : 0) < (right.schema, right.isNegated ? 1 : 0)
    }

    /// What nothing satisfies.
    static let never = SchemaAtom(schema: SchemaDocument.never)
}

/// What a value must satisfy at once: atoms in order, each once. Empty for any value.
struct SchemaConjunction: Hashable, Sendable {
    private(set) var atoms: [SchemaAtom]

    /// Any value.
    static let anything = SchemaConjunction([])

    init(_ atoms: some Sequence<SchemaAtom>) {
        self.atoms = Set(atoms).filter { $0 != SchemaAtom(schema: SchemaDocument.always) }.sorted()
    }

    /// Whether nothing satisfies it, seen without a look at its schemas.
    var isNever: Bool {
        atoms.contains(.never) || atoms.contains(SchemaAtom(schema: SchemaDocument.always, isNegated: true))
    }
}

/// What is demanded of a value, without alternatives: for each type, all keywords together.
struct SchemaFacts: Sendable {
    /// One schema's view of an object's members.
    struct ObjectPart: Sendable {
        /// What it was made of: equal parts are one.
        let source: String
        var properties: [(name: String, atom: SchemaAtom)] = []
        var patterns: [(pattern: Pattern, atom: SchemaAtom)] = []
        var additional: SchemaAtom?
    }

    /// One schema's view of an array's items.
    struct ArrayPart: Sendable {
        /// What it was made of: equal parts are one.
        let source: String
        var prefix: [SchemaAtom] = []
        var rest: SchemaAtom?
    }

    var types = JSONTypes.all
    /// The only values, if there is a list of them. They need not satisfy the rest.
    var values: Schema.ValueList?
    /// Values that are not permitted: null, booleans, numbers and strings.
    var excluded: [[UInt8]: JSONValue] = [:]

    var patterns: Set<Pattern> = []
    var excludedPatterns: Set<Pattern> = []
    var minimumLength = 0
    var maximumLength: Int?

    var bounds: Set<Schema.Bound> = []
    var multiples: Set<DecimalNumber> = []
    var excludedMultiples: Set<DecimalNumber> = []

    var objectParts: [ObjectPart] = []
    var required: [String] = []
    var minimumProperties = 0
    var maximumProperties: Int?

    var arrayParts: [ArrayPart] = []
    var minimumItems = 0
    var maximumItems: Int?
    /// Where `uniqueItems` is, if items must differ.
    var uniqueItems: String?

    /// Whether nothing satisfies them, as far as is seen from types, lists of values and bounds.
    var isEmpty: Bool {
        types.isEmpty || values?.values.isEmpty == true || (types.isSubset(of: .number) && hasContradictoryBounds)
    }

    private var hasContradictoryBounds: Bool {
        guard let low = bounds.filter({ $0.side == .atLeast }).map(\.value).max(),
            let high = bounds.filter({ $0.side == .atMost }).map(\.value).min()
        else { return false }
        return high < low
    }

    /// Both.
    func merged(with other: SchemaFacts) -> SchemaFacts {
        var result = self
        result.types.formIntersection(other.types)
        if let values = other.values {
            result.values = self.values.map { Schema.ValueList($0.values.filter(values.contains)) } ?? values
        }
        result.excluded.merge(other.excluded) { first, _ in first }
        result.patterns.formUnion(other.patterns)
        result.excludedPatterns.formUnion(other.excludedPatterns)
        result.minimumLength = max(minimumLength, other.minimumLength)
        result.maximumLength = Self.least(maximumLength, other.maximumLength)
        result.bounds.formUnion(other.bounds)
        result.multiples.formUnion(other.multiples)
        result.excludedMultiples.formUnion(other.excludedMultiples)
        for part in other.objectParts where !objectParts.contains(where: { $0.source == part.source }) {
            result.objectParts.append(part)
        }
        let known = required.isEmpty || other.required.isEmpty ? [] : Set(required.map { Array($0.utf8) })
        result.required += other.required.filter { !known.contains(Array($0.utf8)) }
        result.minimumProperties = max(minimumProperties, other.minimumProperties)
        result.maximumProperties = Self.least(maximumProperties, other.maximumProperties)
        for part in other.arrayParts where !arrayParts.contains(where: { $0.source == part.source }) {
            result.arrayParts.append(part)
        }
        result.minimumItems = max(minimumItems, other.minimumItems)
        result.maximumItems = Self.least(maximumItems, other.maximumItems)
        result.uniqueItems = uniqueItems ?? other.uniqueItems
        return result
    }

    private static func least(_ first: Int?, _ second: Int?) -> Int? {
        guard let first, let second else { return first ?? second }
        return min(first, second)
    }
}
