#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Decodes `Decodable` values from a JSON value. Unlike Foundation's decoder it names the place of a number that does not
/// fit its type. Dates are date-times of RFC 3339, data is base64 text, and a `JSONValue` is decoded as it is.
/// `DecodingFault` says where and why decoding failed.
package struct JSONValueDecoder: Decoder {
    private let value: JSONValue
    package private(set) var codingPath: [any CodingKey] = []
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    package init(_ value: JSONValue) { self.value = value }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let members = value.object else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(Members(decoder: self, members: members))
    }

    package func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = value.array else { throw mismatch([Any].self) }
        return Elements(decoder: self, elements: elements)
    }

    package func singleValueContainer() -> any SingleValueDecodingContainer { self }

    fileprivate func inner(_ value: JSONValue, at key: any CodingKey) -> JSONValueDecoder {
        var inner = JSONValueDecoder(value)
        inner.codingPath = codingPath + [key]
        return inner
    }

    private func mismatch(_ type: any Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "")
        return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

extension JSONValueDecoder: SingleValueDecodingContainer {
    package func decodeNil() -> Bool { value.isNull }

    /// - Throws: `DecodingError`, or an error of the type.
    package func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let decoded: Any?
        switch type {
        case is JSONValue.Type: decoded = value
        case is Bool.Type: decoded = value.bool
        case is String.Type: decoded = value.string
        case is Double.Type: decoded = value.number?.double
        case is Float.Type: decoded = value.number?.double.map { Float($0) }.flatMap { $0.isFinite ? $0 : nil }
        case is Decimal.Type: decoded = value.number.flatMap { Decimal(string: $0.text) }
        case let type as any FixedWidthInteger.Type: decoded = value.number.flatMap { Self.integer(type, $0) }
        case is Date.Type: decoded = value.string.flatMap(Date.init(dateTime:))
        case is Data.Type: decoded = value.string.flatMap { Data(base64Encoded: $0) }
        case is URL.Type: decoded = value.string.flatMap { URL(string: $0) }
        default: return try Value(from: self)
        }
        guard let decoded = decoded as? Value else { throw mismatch(type) }
        return decoded
    }

    /// A number may be written as `1e2`; those beyond `Int` are written in digits.
    private static func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ number: JSONNumber) -> Value? {
        if let int = number.int { Value(exactly: int) } else { Value(number.text) }
    }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: JSONValueDecoder
    let members: JSONObject
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).decodeNil() }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try member(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { superDecoder(forName: "super") }

    func superDecoder(forKey key: Key) -> any Decoder { superDecoder(forName: key.stringValue) }

    private func superDecoder(forName name: String) -> JSONValueDecoder {
        decoder.inner(members[name] ?? .null, at: Position(stringValue: name))
    }

    private func member(_ key: Key) throws -> JSONValueDecoder {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, DecodingError.Context(codingPath: codingPath, debugDescription: ""))
        }
        return decoder.inner(value, at: key)
    }
}

private struct Elements: UnkeyedDecodingContainer {
    let decoder: JSONValueDecoder
    let elements: [JSONValue]
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    init(decoder: JSONValueDecoder, elements: [JSONValue]) {
        (self.decoder, self.elements) = (decoder, elements)
    }

    mutating func decodeNil() throws -> Bool {
        let isNil = try element().decodeNil()
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

    /// Passes the element, unless `read` throws.
    private mutating func advancing<Result>(_ read: (JSONValueDecoder) throws -> Result) throws -> Result {
        let result = try read(element())
        currentIndex += 1
        return result
    }

    private func element() throws -> JSONValueDecoder {
        let position = Position(intValue: currentIndex)
        guard !isAtEnd else {
            throw DecodingError.keyNotFound(
                position, DecodingError.Context(codingPath: codingPath, debugDescription: ""))
        }
        return decoder.inner(elements[currentIndex], at: position)
    }
}

/// The position of an element, named as Foundation's decoder names it, or the name of a member.
private struct Position: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init(intValue: Int) { (stringValue, self.intValue) = ("Index \(intValue)", intValue) }
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
