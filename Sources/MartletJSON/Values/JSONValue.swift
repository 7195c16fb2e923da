/// Any JSON value (RFC 8259 §3).
///
/// Literals create values: `["model": "toy", "n": 1, "stop": ["\n"]] as JSONValue`.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// Parses one JSON text strictly by RFC 8259: well-formed UTF-8 without a byte order mark, no lone surrogate escapes,
    /// no comments, no trailing commas, only white space after the value.
    ///
    /// Numbers keep their exact text. The last of several members with the same name wins.
    ///
    /// - Parameter maximumDepth: The nesting limit of arrays and objects. The parser recurses, so a greater depth needs
    ///   a larger stack.
    /// - Throws: `JSONError` with a sentence and the position of the first error.
    public init(parsing bytes: [UInt8], maximumDepth: Int = 128) throws(JSONError) {
        try self.init(parsing: bytes.span, maximumDepth: maximumDepth)
    }

    package init(parsing bytes: Span<UInt8>, maximumDepth: Int = 128) throws(JSONError) {
        var parser = JSONParser(maximumDepth: maximumDepth)
        self = try parser.document(bytes)
    }
}

extension JSONValue {
    /// The value of a boolean; nil for another kind.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The value of a number; nil for another kind.
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    /// The value of a string; nil for another kind.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The elements of an array; nil for another kind.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members of an object; nil for another kind.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// Whether it is `null`.
    public var isNull: Bool { self == .null }
}

extension JSONValue: CustomStringConvertible {
    /// The value as JSON without white space.
    public var description: String {
        var writer = JSONWriter()
        writer.value(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension JSONValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
}

extension JSONValue: ExpressibleByFloatLiteral {
    /// A literal beyond the range of `Double` is `null`.
    public init(floatLiteral value: Double) { self = JSONNumber(value).map(JSONValue.number) ?? .null }
}

extension JSONValue: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension JSONValue: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}

extension JSONValue {
    /// An estimate in bytes of the memory that parsing a JSON text takes: the text itself, two array slots per value
    /// because arrays grow by doubling, and the header of each array and object.
    package static func estimatedMemory(of text: Span<UInt8>) -> Int {
        var elements = 0
        var containers = 0
        for index in text.indices {
            let byte = text[index]
            elements &+= byte == UInt8(ascii: ",") ? 1 : 0
            containers &+= byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") ? 1 : 0
        }
        return text.count + elements * 2 * MemoryLayout<JSONValue>.stride + containers * 4
            * MemoryLayout<JSONValue>.stride
    }
}
