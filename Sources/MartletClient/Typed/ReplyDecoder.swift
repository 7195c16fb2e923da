internal import MartletJSON

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Decodes what a model writes. Unlike Foundation's decoder it names the place of a number that does not fit, and dates are
/// date-times of RFC 3339.
struct ReplyDecoder: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// - Throws: `JSONError`, `DecodingError`, or an error of the type.
    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        try ReplyDecoder(value: try JSONValue(parsing: Array(text.utf8)), codingPath: []).decode(type)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let members = value.object else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(MembersDecoder(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = value.array else { throw mismatch([Any].self) }
        return ElementsDecoder(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension ReplyDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.isNull }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let decoded: Any?
        switch type {
        case is JSONValue.Type: decoded = value
        case is Bool.Type: decoded = value.bool
        case is String.Type: decoded = value.string
        case is Double.Type: decoded = value.number?.double
        case is Float.Type: decoded = value.number?.double.map { Float($0) }.flatMap { $0.isFinite ? $0 : nil }
        case is Decimal.Type: decoded = value.number.flatMap { Decimal(string: $0.text) }
        case let type as any FixedWidthInteger.Type: decoded = value.number.flatMap { Self.integer(type, $0) }
        case is Date.Type:
            decoded = try text(type, "a date and time such as 2026-01-31T12:00:00Z", Date.init(dateTime:))
        case is URL.Type: decoded = try text(type, "a URL") { URL(string: $0) }
        case is Data.Type: decoded = try text(type, "base64") { Data(base64Encoded: $0) }
        default: return try Value(from: self)
        }
        guard let decoded = decoded as? Value else { throw mismatch(type) }
        return decoded
    }

    private static func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ number: JSONNumber) -> Value? {
        number.int.flatMap { Value(exactly: $0) } ?? Value(number.text)
    }

    private func text<Value>(_ type: any Any.Type, _ kind: String, _ read: (String) -> Value?) throws -> Value {
        guard let text = value.string else { throw mismatch(type) }
        guard let value = read(text) else {
            throw DecodingError.dataCorruptedError(in: self, debugDescription: "it must be \(kind)")
        }
        return value
    }

    private func mismatch(_ type: any Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "")
        return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

private struct MembersDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: JSONObject
    let codingPath: [any CodingKey]

    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).value.isNull }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try decoder(ReplyKey(stringValue: "super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private func decoder(_ key: some CodingKey) throws -> ReplyDecoder {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: ""))
        }
        return ReplyDecoder(value: value, codingPath: codingPath + [key])
    }
}

private struct ElementsDecoder: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(elements: [JSONValue], codingPath: [any CodingKey]) {
        (self.elements, self.codingPath) = (elements, codingPath)
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        let isNil = try decoder().value.isNull
        if isNil { currentIndex += 1 }
        return isNil
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try advancing { try $0.decode(type) } }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try advancing { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try advancing { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try advancing { $0 } }

    /// Passes the element, unless that throws.
    private mutating func advancing<Result>(_ read: (ReplyDecoder) throws -> Result) throws -> Result {
        let result = try read(decoder())
        currentIndex += 1
        return result
    }

    private func decoder() throws -> ReplyDecoder {
        let path = codingPath + [ReplyKey(index: currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(Any.self, .init(codingPath: path, debugDescription: ""))
        }
        return ReplyDecoder(value: elements[currentIndex], codingPath: path)
    }
}

/// The position of an element, or a name.
private struct ReplyKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init(intValue: Int) { self.init(index: intValue) }
    init(index: Int) { (stringValue, intValue) = ("Index \(index)", index) }
}

extension Date {
    /// Reads a date-time of RFC 3339 §5.6. Foundation's own format has no offsets beyond 18 hours.
    fileprivate init?(dateTime text: String) {
        var local = text.uppercased()
        var offset = 0
        if local.hasSuffix("Z") {
            local.removeLast()
        } else {
            let zone = local.suffix(6)
            let parts = zone.dropFirst().split(separator: ":").compactMap { Int($0) }
            guard zone.count == 6, let sign = zone.first, "+-".contains(sign), parts.count == 2,
                parts.allSatisfy((0..<60).contains)
            else { return nil }
            offset = (sign == "-" ? -1 : 1) * (parts[0] * 60 + parts[1]) * 60
            local.removeLast(6)
        }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let date = try? style.parse(local + "Z") else { return nil }
        self = date.addingTimeInterval(-Double(offset))
    }
}
