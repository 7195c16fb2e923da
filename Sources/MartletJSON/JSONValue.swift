/// Any JSON value (RFC 8259 section 3).
///
/// Literals make values: `["model": "toy", "n": 1, "stop": ["\n"]] as JSONValue`.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// Reads one JSON text as RFC 8259 defines it, and nothing more lenient: well-formed UTF-8 without a byte order
    /// mark, no lone surrogate escapes, no comments, no trailing commas, nothing but white space after the value.
    ///
    /// Numbers keep their exact text, and of members with the same name the last wins.
    ///
    /// - Parameter maximumDepth: how many arrays and objects may be nested. The reader recurses, so a greater depth
    ///   needs a deeper stack.
    /// - Throws: `JSONError` with a sentence and the position of the first fault.
    public init(parsing bytes: [UInt8], maximumDepth: Int = 128) throws(JSONError) {
        try self.init(parsing: bytes.span, maximumDepth: maximumDepth)
    }

    package init(parsing bytes: Span<UInt8>, maximumDepth: Int = 128) throws(JSONError) {
        var parser = JSONParser(maximumDepth: maximumDepth)
        self = try parser.document(bytes)
    }
}

extension JSONValue {
    /// The truth value, if it is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The number, if it is one.
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    /// The string, if it is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The elements, if it is an array.
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members, if it is an object.
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
