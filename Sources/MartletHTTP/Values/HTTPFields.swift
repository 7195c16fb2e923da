/// The header fields of a message in order of arrival (RFC 9110 §5). Names are case-insensitive.
///
/// Parsed fields are stored as the received bytes; strings are created on access. A value that is not UTF-8 (HTTP allows
/// any byte from 0x80) has U+FFFD in place of invalid bytes.
public struct HTTPFields: Sendable {
    struct Entry: Sendable {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// The bytes that `entries` refers to. Removing a field does not remove its bytes.
    private var bytes: [UInt8]
    private var entries: [Entry]

    /// No fields.
    public init() {
        self.init(bytes: [], entries: [])
    }

    init(bytes: [UInt8], entries: [Entry]) {
        self.bytes = bytes
        self.entries = entries
    }

    /// The number of field lines; repeated names count each time.
    public var count: Int { entries.count }

    /// True without any field line.
    public var isEmpty: Bool { entries.isEmpty }

    /// The value of the first field of that name, without surrounding whitespace; nil if there is none.
    public subscript(name: String) -> String? {
        entries.first { matches($0.name, name) }.map { string($0.value) }
    }

    /// The values of all fields of that name, in order.
    public func values(of name: String) -> [String] {
        entries.filter { matches($0.name, name) }.map { string($0.value) }
    }

    /// Whether there is a field of that name. Creates no string.
    public func contains(_ name: String) -> Bool {
        entries.contains { matches($0.name, name) }
    }

    /// Appends a field. Control bytes in the value other than HTAB become spaces (RFC 9110 §5.5), so that no value can
    /// inject another line. Returns false, without an effect, if the name is not a token (RFC 9110 §5.6.2).
    @discardableResult
    public mutating func append(_ name: String, _ value: String) -> Bool {
        guard !name.isEmpty, name.utf8.allSatisfy(ByteSet.token.contains) else { return false }
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        let end = bytes.count
        bytes.append(contentsOf: value.utf8.lazy.map { ASCII.isFieldValue($0) ? $0 : ASCII.space })
        entries.append(Entry(name: start..<end, value: end..<bytes.count))
        return true
    }

    /// Appends a field line of a received head, without its line end. Returns false, without an effect, if it is none.
    @discardableResult
    package mutating func append(line: UnsafeRawBufferPointer) -> Bool {
        guard let colon = line.firstIndex(of: ASCII.colon), colon > 0, line[..<colon].allSatisfy(ByteSet.token.contains)
        else { return false }
        let isText: (UInt8) -> Bool = { $0 > ASCII.space }
        let value = line[(colon + 1)...]
        let first = value.firstIndex(where: isText) ?? value.endIndex
        let end = value.lastIndex(where: isText).map { $0 + 1 } ?? first
        if entries.isEmpty {
            bytes.reserveCapacity(512)
            entries.reserveCapacity(12)
        }
        let start = bytes.count
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: line[..<colon]))
        for byte in line[first..<end] { bytes.append(ASCII.isFieldValue(byte) ? byte : ASCII.space) }
        entries.append(Entry(name: start..<start + colon, value: start + colon..<bytes.count))
        return true
    }

    /// Appends those fields of `other` whose names, as received, are to be included.
    package mutating func append(contentsOf other: HTTPFields, where isIncluded: (Span<UInt8>) -> Bool) {
        let source = other.bytes.span
        for entry in other.entries where isIncluded(source.extracting(entry.name)) {
            let start = bytes.count
            bytes += other.bytes[entry.name]
            bytes += other.bytes[entry.value]
            let end = start + entry.name.count
            entries.append(Entry(name: start..<end, value: end..<bytes.count))
        }
    }

    /// Appends all fields of `other`.
    package mutating func append(contentsOf other: HTTPFields) {
        if other.isEmpty { return }
        let offset = bytes.count
        bytes += other.bytes
        for entry in other.entries {
            entries.append(
                Entry(
                    name: entry.name.lowerBound + offset..<entry.name.upperBound + offset,
                    value: entry.value.lowerBound + offset..<entry.value.upperBound + offset))
        }
    }

    /// Replaces all fields of that name by one at the end, by the rules of `append(_:_:)`.
    @discardableResult
    public mutating func set(_ name: String, _ value: String) -> Bool {
        remove(name)
        return append(name, value)
    }

    /// Removes all fields of that name.
    public mutating func remove(_ name: String) {
        entries = entries.filter { !matches($0.name, name) }
    }

    /// The number of bytes of all names and values at most.
    package var byteCount: Int { bytes.count }

    /// Calls `body` with the bytes of the name and of the value of each field, in order.
    package func forEachBytes(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { bytes in
            for entry in entries {
                body(.init(rebasing: bytes[entry.name]), .init(rebasing: bytes[entry.value]))
            }
        }
    }

    /// The bytes of the value of the first field of that name, as received; nil if there is none.
    package func bytes(of name: String) -> ArraySlice<UInt8>? {
        entries.first { matches($0.name, name) }.map { bytes[$0.value] }
    }

    /// Calls `body` with the bytes of each value of that name, as received, in order.
    package func forEachValue(of name: String, _ body: (ArraySlice<UInt8>) -> Void) {
        for entry in entries where matches(entry.name, name) { body(bytes[entry.value]) }
    }

    /// Whether the first field of that name has the value `value`, compared case-insensitively. Creates no string.
    package func first(_ name: String, is value: String) -> Bool {
        entries.first { matches($0.name, name) }.map { matches($0.value, value) } ?? false
    }

    /// Appends each field as `name: value` and CRLF.
    package func write(to output: inout [UInt8]) {
        for entry in entries {
            output.append(contentsOf: bytes[entry.name])
            output.append(ASCII.colon)
            output.append(ASCII.space)
            output.append(contentsOf: bytes[entry.value])
            output.append(ASCII.carriageReturn)
            output.append(ASCII.lineFeed)
        }
    }

    /// The text at `range`; in a parsed head the bytes begin with the request line.
    func string(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    private func matches(_ range: Range<Int>, _ text: String) -> Bool {
        range.count == text.utf8.count
            && bytes[range].elementsEqual(text.utf8) { ASCII.lowercased($0) == ASCII.lowercased($1) }
    }
}

extension HTTPFields: Sequence {
    /// Creates the strings of one field at a time.
    public struct Iterator: IteratorProtocol {
        fileprivate let fields: HTTPFields
        fileprivate var index = 0

        /// The next field: its name in its original case, and its value.
        public mutating func next() -> (name: String, value: String)? {
            guard index < fields.entries.count else { return nil }
            let entry = fields.entries[index]
            index += 1
            return (fields.string(entry.name), fields.string(entry.value))
        }
    }

    /// The fields in order of arrival.
    public func makeIterator() -> Iterator {
        Iterator(fields: self)
    }
}

extension HTTPFields: ExpressibleByDictionaryLiteral {
    /// The fields in source order, by the rules of `append(_:_:)`.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }
}
