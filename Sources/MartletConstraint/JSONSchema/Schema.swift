internal import MartletJSON

/// A schema whose keywords have been read. Its subschemas are numbers in a `SchemaDocument`.
struct Schema: Sendable {
    /// A side of a range of numbers.
    struct Bound: Hashable, Sendable {
        let side: NumberRegex.Side
        let value: DecimalNumber
        let isExclusive: Bool
    }

    struct Property: Sendable {
        let name: String
        let schema: SchemaID
    }

    struct PatternProperty: Sendable {
        let pattern: Pattern
        let schema: SchemaID
    }

    /// The values of an `enum`, or that of a `const`.
    struct ValueList: Sendable {
        let values: [JSONValue]
        private let texts: Set<[UInt8]>

        init(_ values: [JSONValue]) { (self.values, texts) = (values, Set(values.map(\.canonical))) }

        func contains(_ value: JSONValue) -> Bool { texts.contains(value.canonical) }
    }

    /// Where the schema is: a JSON Pointer (RFC 6901).
    let pointer: String

    /// Whether it is `false`.
    var isNever = false
    var types = JSONTypes.all
    /// The values of `enum`, and that of `const`: a value must be in each list.
    var enumerations: [ValueList] = []

    // Applicators.
    var reference: SchemaID?
    var allOf: [SchemaID] = []
    var anyOf: [SchemaID]?
    var oneOf: [SchemaID]?
    var not: SchemaID?
    var condition: SchemaID?
    var then: SchemaID?
    var otherwise: SchemaID?

    // Strings.
    var pattern: Pattern?
    var format: Pattern?
    var minimumLength = 0
    var maximumLength: Int?

    // Numbers.
    var bounds: [Bound] = []
    var multipleOf: DecimalNumber?

    // Objects.
    var properties: [Property] = []
    var patternProperties: [PatternProperty] = []
    var additionalProperties: SchemaID?
    var required: [String] = []
    var minimumProperties = 0
    var maximumProperties: Int?

    // Arrays.
    var prefixItems: [SchemaID] = []
    var items: SchemaID?
    var minimumItems = 0
    var maximumItems: Int?
    var uniqueItems = false

    init(pointer: String) { self.pointer = pointer }
}

/// A schema's number in its document.
typealias SchemaID = Int

/// A regular expression of a schema. Two are equal if they are written equally.
struct Pattern: Hashable, Sendable {
    let text: String
    let syntax: RegexSyntax

    static func == (left: Pattern, right: Pattern) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
}
