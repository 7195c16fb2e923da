public import MartletJSON

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Says of each argument what it means, for the model.
public protocol DescribedArguments {
    /// By the argument's name.
    static var descriptions: [String: String] { get }
}

/// JSON Schemas of Swift types.
public enum JSONSchema {
    /// The schema of what a type decodes itself from: properties, which of them are required, arrays, nested types, and
    /// the cases of an enum that is `CaseIterable`. A type that contains itself is described one level deep.
    ///
    /// What refuses made-up values, as an enum that is not `CaseIterable` does, ends the description of the type around
    /// it: the properties behind it are missing, and so is `additionalProperties: false`. Give such a tool its
    /// `parameters`, or the enum its `CaseIterable`.
    public static func derived(from type: any Decodable.Type) -> JSONObject {
        let probe = SchemaProbe(of: type, within: [])
        let isWhole = (try? probe.value(of: type)) != nil
        var schema = probe.schema
        if !isWhole { schema["additionalProperties"] = nil }
        if let described = type as? any DescribedArguments.Type, var properties = schema["properties"]?.object {
            for (name, text) in described.descriptions {
                guard var property = properties[name]?.object else { continue }
                property["description"] = .string(text)
                properties[name] = .object(property)
            }
            schema["properties"] = .object(properties)
        }
        return schema
    }
}

/// A decoder that has no data: it makes up values, and writes down what was asked for.
private final class SchemaProbe: Decoder {
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    /// The types whose making has led here.
    let types: [ObjectIdentifier]
    var schema: JSONObject = [:]
    /// The properties that were asked for only if they are there.
    var optional: Set<String> = []

    init(of type: any Decodable.Type, within types: [ObjectIdentifier]) {
        self.types = types + [ObjectIdentifier(type)]
    }

    /// A type that contains itself has no made-up value.
    struct Recursion: Error {}

    func value<Value: Decodable>(of type: Value.Type) throws -> Value {
        if let known = known(type) { return known }
        if let cases = Self.cases(of: type) {
            schema = ["type": cases.type, "enum": .array(cases.values)]
            if let first = cases.first as? Value { return first }
        }
        return try Value(from: self)
    }

    /// The schema of a type inside this one, and a value of it.
    func inner<Value: Decodable>(_ type: Value.Type) -> (schema: JSONObject, value: Result<Value, any Error>) {
        if types.contains(ObjectIdentifier(type)) { return (["type": "object"], .failure(Recursion())) }
        let probe = SchemaProbe(of: type, within: types)
        let value = Result { try probe.value(of: type) }
        if case .failure = value { probe.schema["additionalProperties"] = nil }
        return (probe.schema, value)
    }

    /// Types that do not say of themselves what they are.
    private func known<Value>(_ type: Value.Type) -> Value? {
        switch type {
        case is Date.Type:
            schema = ["type": "string", "format": "date-time"]
            return Date(timeIntervalSince1970: 0) as? Value
        case is URL.Type:
            schema = ["type": "string", "format": "uri"]
            return URL(string: "http://localhost") as? Value
        case is UUID.Type:
            schema = ["type": "string", "format": "uuid"]
            return UUID() as? Value
        case is Data.Type:
            schema = ["type": "string", "contentEncoding": "base64"]
            return Data() as? Value
        case is JSONValue.Type:
            schema = [:]
            return JSONValue.null as? Value
        case let dictionary as any StringKeyed.Type:
            schema = ["type": "object", "additionalProperties": .object(inner(ofValuesOf: dictionary))]
            return dictionary.empty as? Value
        default: return nil
        }
    }

    private func inner(ofValuesOf type: any StringKeyed.Type) -> JSONObject {
        func open<Value: Decodable>(_ type: Value.Type) -> JSONObject { inner(type).schema }
        return open(type.valueType)
    }

    private static func cases(
        of type: any Decodable.Type
    ) -> (type: JSONValue, values: [JSONValue], first: Any)? {
        guard let iterable = type as? any CaseIterable.Type else { return nil }
        func all<Cases: CaseIterable>(_ type: Cases.Type) -> [Any] { type.allCases.map { $0 } }
        let cases = all(iterable)
        guard let first = cases.first else { return nil }
        let raw = cases.compactMap { ($0 as? any RawRepresentable).map { $0.rawValue as Any } }
        if let names = raw as? [String], names.count == cases.count {
            return ("string", names.map { .string($0) }, first)
        }
        if let numbers = raw as? [Int], numbers.count == cases.count {
            return ("integer", numbers.map { .number(JSONNumber($0)) }, first)
        }
        return nil
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        if schema["type"] == nil {
            schema["type"] = "object"
            schema["properties"] = [:]
            schema["required"] = []
            schema["additionalProperties"] = false
        }
        return KeyedDecodingContainer(KeyedProbe(probe: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        schema = ["type": "array", "items": [:]]
        return ElementsProbe(probe: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { ScalarProbe(probe: self) }

    func note(_ name: String, _ property: JSONObject, isRequired: Bool) {
        var properties = schema["properties"]?.object ?? [:]
        properties[name] = .object(property)
        schema["properties"] = .object(properties)
        var required = schema["required"]?.array ?? []
        if isRequired, !required.contains(.string(name)) { required.append(.string(name)) }
        schema["required"] = .array(required)
    }
}

/// A dictionary whose keys are strings, whatever its values are.
private protocol StringKeyed {
    static var valueType: any Decodable.Type { get }
    static var empty: Any { get }
}

extension Dictionary: StringKeyed where Key == String, Value: Decodable {
    static var valueType: any Decodable.Type { Value.self }
    static var empty: Any { Self() }
}

private struct KeyedProbe<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: SchemaProbe
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    /// Whoever asks can do without; the standard library does for optional numbers, strings and truth values.
    func contains(_ key: Key) -> Bool {
        probe.optional.insert(key.stringValue)
        return true
    }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (schema, value) = probe.inner(type)
        probe.note(key.stringValue, schema, isRequired: !probe.optional.contains(key.stringValue))
        return try value.get()
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        probe.note(key.stringValue, probe.inner(type).schema, isRequired: false)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedDecodingContainer<
        Nested
    > {
        KeyedDecodingContainer(KeyedProbe<Nested>(probe: SchemaProbe(of: JSONValue.self, within: probe.types)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
        ElementsProbe(probe: SchemaProbe(of: JSONValue.self, within: probe.types))
    }

    func superDecoder() -> any Decoder { probe }
    func superDecoder(forKey key: Key) -> any Decoder { probe }
}

private struct ElementsProbe: UnkeyedDecodingContainer {
    let probe: SchemaProbe
    var codingPath: [any CodingKey] { [] }
    var count: Int? { nil }
    var currentIndex = 0
    var isAtEnd: Bool { currentIndex > 0 }

    init(probe: SchemaProbe) { self.probe = probe }

    func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        currentIndex += 1
        let (schema, value) = probe.inner(type)
        probe.schema["items"] = .object(schema)
        return try value.get()
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        currentIndex += 1
        return KeyedDecodingContainer(KeyedProbe<Key>(probe: SchemaProbe(of: JSONValue.self, within: probe.types)))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
        currentIndex += 1
        return ElementsProbe(probe: SchemaProbe(of: JSONValue.self, within: probe.types))
    }

    func superDecoder() -> any Decoder { probe }
}

private struct ScalarProbe: SingleValueDecodingContainer {
    let probe: SchemaProbe
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }
    func decode(_ type: Bool.Type) -> Bool { note("boolean", false) }
    func decode(_ type: String.Type) -> String { note("string", "") }
    func decode(_ type: Double.Type) -> Double { note("number", 0) }
    func decode(_ type: Float.Type) -> Float { note("number", 0) }
    func decode(_ type: Int.Type) -> Int { note("integer", 0) }
    func decode(_ type: Int8.Type) -> Int8 { note("integer", 0) }
    func decode(_ type: Int16.Type) -> Int16 { note("integer", 0) }
    func decode(_ type: Int32.Type) -> Int32 { note("integer", 0) }
    func decode(_ type: Int64.Type) -> Int64 { note("integer", 0) }
    func decode(_ type: UInt.Type) -> UInt { note("integer", 0) }
    func decode(_ type: UInt8.Type) -> UInt8 { note("integer", 0) }
    func decode(_ type: UInt16.Type) -> UInt16 { note("integer", 0) }
    func decode(_ type: UInt32.Type) -> UInt32 { note("integer", 0) }
    func decode(_ type: UInt64.Type) -> UInt64 { note("integer", 0) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, value) = probe.inner(type)
        probe.schema = schema
        return try value.get()
    }

    private func note<Value>(_ name: JSONValue, _ value: Value) -> Value {
        if probe.schema["type"] == nil { probe.schema = ["type": name] }
        return value
    }
}
