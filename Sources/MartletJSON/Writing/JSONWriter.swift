/// Appends JSON without white space to a buffer and inserts the commas.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.object { writer in
///     writer.member("id", "chatcmpl-1")
///     writer.array("choices") { writer in
///         writer.object { $0.member("index", 0) }
///     }
///     writer.member("usage", .null)
/// }
/// ```
///
/// Write members inside `object`, values elsewhere. A writer writes one top-level value.
public struct JSONWriter {
    /// The initial content of the buffer, followed by the written JSON.
    public var bytes: [UInt8]
    /// Whether the next value in the current array or object follows another one.
    private var needsComma = false

    /// A writer that appends to `bytes`.
    public init(appendingTo bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Writes one value.
    public mutating func value(_ value: some JSONWritable) {
        separate()
        needsComma = false
        value.write(to: &self)
        needsComma = true
    }

    /// Writes an object; `body` writes its members.
    public mutating func object<Failure>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        try nest(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// Writes an array; `body` writes its elements.
    public mutating func array<Failure>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        try nest(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// Writes bytes that already are one JSON value, without checking them.
    public mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }
}

// MARK: Members

extension JSONWriter {
    /// Writes a member's name; the caller must write its value next.
    public mutating func name(_ name: String) {
        separate()
        writeString(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a member's name and value.
    public mutating func member(_ name: String, _ value: some JSONWritable) {
        self.name(name)
        self.value(value)
    }

    /// This overload permits `.null` and the other cases of `JSONValue` at the call site.
    public mutating func member(_ name: String, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    /// Writes a member whose value is an object.
    public mutating func object<Failure>(
        _ name: String, _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.name(name)
        try object(body)
    }

    /// Writes a member whose value is an array.
    public mutating func array<Failure>(
        _ name: String, _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.name(name)
        try array(body)
    }
}

// MARK: Bytes

extension JSONWriter {
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func nest<Failure>(
        _ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        separate()
        bytes.append(open)
        needsComma = false
        try body(&self)
        bytes.append(close)
        needsComma = true
    }

    mutating func writeASCII(_ text: String) {
        bytes.append(utf8: text)
    }

    mutating func writeString(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        Self.appendEscaped(text, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }
}

// MARK: Escaping

extension JSONWriter {
    /// Appends the content of a JSON string, without its quotes. Only quotes, backslashes and control characters are
    /// escaped, as RFC 8259 §7 requires; the rest is copied in runs.
    package static func appendEscaped(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { appendEscaped($0.span, to: &bytes) }
    }

    /// The same for bytes that the caller knows to be UTF-8, such as a decoded token.
    package static func appendEscaped(_ utf8: Span<UInt8>, to bytes: inout [UInt8]) {
        var start = 0
        while true {
            let end = utf8.firstSpecial(from: start)
            utf8.extracting(start..<end).withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
            if end == utf8.count { return }
            appendEscape(of: utf8[end], to: &bytes)
            start = end + 1
        }
    }

    private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x22, 0x5C: bytes.append(byte)
        default:
            let digit = byte & 0x0F
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
