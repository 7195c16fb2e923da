internal import MartletJSON

/// A JSON Schema as a type, such as `{name: string, tags?: string[]}`, by the rules of the card, Backends/Toy/README.md.
///
/// A schema comes from a client, so its size is bounded: what is read and written for it is counted in characters, and a
/// type that begins after the limit is `any`. Without that, references to references would double with each step.
struct SchemaType {
    static let maximumDepth = 5
    static let limit = 4_000

    /// The schema within which references are resolved.
    private let root: JSONValue
    private var count = 0

    private init(root: JSONValue) { self.root = root }

    /// The type of a schema.
    static func name(of schema: JSONValue) -> String {
        var types = SchemaType(root: schema)
        return types.type(schema, 0)
    }

    /// The properties of a tool's parameters in the same form, in parentheses.
    static func signature(of parameters: JSONObject) -> String {
        var types = SchemaType(root: .object(parameters))
        let members = types.members(parameters, 0)
        return "(\(members ?? ""))"
    }

    private mutating func type(_ schema: JSONValue?, _ depth: Int) -> String {
        guard let schema = schema?.object, depth <= Self.maximumDepth, !isFull else { return counted("any") }
        if let reference = schema["$ref"]?.string { return type(resolved(counted(reference)), depth + 1) }
        if let value = schema["const"] { return self.value(value) }
        if let values = Self.elements(schema, "enum") {
            return values.map { self.value($0) }.joined(separator: " | ")
        }
        if let options = Self.elements(schema, "anyOf") ?? Self.elements(schema, "oneOf") {
            return Self.union(options.map { type($0, depth + 1) })
        }
        if let options = Self.elements(schema, "allOf"), options.count == 1 { return type(options[0], depth + 1) }
        if let kinds = Self.elements(schema, "type") { return Self.union(kinds.map { kind($0, schema, depth) }) }
        return kind(schema["type"], schema, depth)
    }

    /// A schema as one of its `type`s.
    private mutating func kind(_ kind: JSONValue?, _ schema: JSONObject, _ depth: Int) -> String {
        if isFull { return counted("any") }
        let isImplied = (kind ?? .null).isNull && schema["properties"] != nil
        switch isImplied ? "object" : kind?.string {
        case "array":
            let item = type(schema["items"], depth + 1)
            return item.utf8.contains(" | ".utf8) ? "(\(item))[]" : "\(item)[]"
        case "object":
            return members(schema, depth).map { "{\($0)}" } ?? counted("object")
        case let name? where ["string", "integer", "number", "boolean", "null"].contains(name):
            return counted(name)
        default:
            return counted("any")
        }
    }

    /// The properties of an object, `name?` where one is not required; nil if there are none.
    private mutating func members(_ schema: JSONObject, _ depth: Int) -> String? {
        guard let properties = schema["properties"]?.object, !properties.isEmpty else { return nil }
        var required = JSONObject()
        let names = Self.elements(schema, "required") ?? []
        count += names.count
        for name in names.compactMap(\.string) { required[name] = true }
        return properties.map { name, value in
            counted("\(name)\(required[name] == nil ? "?" : ""): ") + type(value, depth + 1)
        }.joined(separator: ", ")
    }

    private mutating func value(_ value: JSONValue) -> String { counted(SpacedJSON.text(value)) }

    /// The schema at a reference such as `#/$defs/Name`; nil if there is none.
    private func resolved(_ reference: String) -> JSONValue? {
        let parts = reference.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let first = parts.first, first.elementsEqual("#".utf8) else { return nil }
        return parts.dropFirst().reduce(Optional(root)) { schema, part in schema?.object?[Self.unescaped(part)] }
    }

    /// A name that a JSON Pointer contains (RFC 6901 §3).
    private static func unescaped(_ part: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var rest = part
        while let byte = rest.popFirst() {
            switch (byte, rest.first) {
            case (UInt8(ascii: "~"), UInt8(ascii: "0")): bytes.append(UInt8(ascii: "~"))
            case (UInt8(ascii: "~"), UInt8(ascii: "1")): bytes.append(UInt8(ascii: "/"))
            default:
                bytes.append(byte)
                continue
            }
            rest.removeFirst()
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var isFull: Bool { count > Self.limit }

    private mutating func counted(_ text: String) -> String {
        count += text.unicodeScalars.count
        return text
    }

    /// The elements of a keyword; nil if it has none.
    private static func elements(_ schema: JSONObject, _ keyword: String) -> [JSONValue]? {
        schema[keyword]?.array.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The types without repetition, compared byte by byte.
    private static func union(_ names: [String]) -> String {
        var distinct = JSONObject()
        for name in names { distinct[name] = true }
        return distinct.map(\.key).joined(separator: " | ")
    }
}
