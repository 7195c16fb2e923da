internal import MartletJSON

/// Records the properties that a type decodes.
struct KeyedProbe<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: SchemaProbe
    private let checked = CheckedKeys()
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    init(probe: SchemaProbe) { self.probe = probe }

    /// A type that checks for a key can do without it; the standard library does so for optional numbers, strings and
    /// Booleans.
    func contains(_ key: Key) -> Bool {
        checked.names.insert(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) -> Bool {
        checked.names.insert(key.stringValue)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (node, value) = try recordingError(key) { try $0.probe(type) }
        probe.result.add(key.stringValue, node, isOptional: checked.names.contains(key.stringValue))
        guard let value else { throw SchemaProbe.Recursion() }
        return value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        let node = try recordingError(key) { try $0.node(of: type) }
        probe.result.add(key.stringValue, node, isOptional: true)
        return nil
    }

    private func recordingError<Result>(_ key: Key, _ find: (SchemaProbe) throws -> Result) throws -> Result {
        do { return try find(probe.inner(key.stringValue)) } catch {
            if let error = error as? UnderivableSchema { probe.result.errors.append((key.stringValue, error)) }
            throw error
        }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedDecodingContainer<Nested> {
        nested(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
        nested(key.stringValue).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { nested("super") }
    func superDecoder(forKey key: Key) -> any Decoder { nested(key.stringValue) }

    private func nested(_ name: String) -> SchemaProbe {
        let inner = probe.inner(name)
        probe.result.add(name, inner.result, isOptional: checked.names.contains(name))
        return inner
    }
}

/// The keys whose presence a type checked before decoding them.
private final class CheckedKeys { var names: Set<String> = [] }

/// Records the elements of an array, which may have different types.
struct ElementsProbe: UnkeyedDecodingContainer {
    let probe: SchemaProbe
    var codingPath: [any CodingKey] { [] }
    var count: Int? { nil }
    var currentIndex = 0
    /// A loop over the elements ends after one.
    var isAtEnd: Bool { currentIndex > 0 }

    init(probe: SchemaProbe) { self.probe = probe }

    func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (node, value) = try probe.inner().probe(type)
        add(node)
        guard let value else { throw SchemaProbe.Recursion() }
        return value
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        nested().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { nested().unkeyedContainer() }

    mutating func superDecoder() -> any Decoder { nested() }

    private mutating func nested() -> SchemaProbe {
        let inner = probe.inner()
        add(inner.result)
        return inner
    }

    private mutating func add(_ node: SchemaNode) {
        currentIndex += 1
        if case .array(let items) = probe.result.kind { probe.result.kind = .array(items + [node]) }
    }
}

/// Records a single value.
struct ScalarProbe: SingleValueDecodingContainer {
    let probe: SchemaProbe
    var codingPath: [any CodingKey] { [] }

    init(probe: SchemaProbe) { self.probe = probe }

    func decodeNil() -> Bool { false }
    func decode(_ type: Bool.Type) -> Bool { record("boolean", false) }
    func decode(_ type: String.Type) -> String { record("string", "") }
    func decode(_ type: Double.Type) -> Double { record("number", 0) }
    func decode(_ type: Float.Type) -> Float { record("number", 0) }
    func decode(_ type: Int.Type) -> Int { integer() }
    func decode(_ type: Int8.Type) -> Int8 { integer() }
    func decode(_ type: Int16.Type) -> Int16 { integer() }
    func decode(_ type: Int32.Type) -> Int32 { integer() }
    func decode(_ type: Int64.Type) -> Int64 { integer() }
    func decode(_ type: UInt.Type) -> UInt { integer() }
    func decode(_ type: UInt8.Type) -> UInt8 { integer() }
    func decode(_ type: UInt16.Type) -> UInt16 { integer() }
    func decode(_ type: UInt32.Type) -> UInt32 { integer() }
    func decode(_ type: UInt64.Type) -> UInt64 { integer() }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (node, value) = try probe.inner().probe(type)
        // A type that decodes itself as another type has its schema.
        if case .any = probe.result.kind {
            if case .object = node.kind { probe.result.properties = node.properties }
            (probe.result.kind, probe.result.descriptions) = (node.kind, node.descriptions)
        }
        guard let value else { throw SchemaProbe.Recursion() }
        return value
    }

    /// Types with at most 32 bits have bounds; those of 64 have more digits than a model writes by accident.
    private func integer<Value: FixedWidthInteger>() -> Value {
        var bounds: JSONObject = [:]
        if Value.bitWidth <= 32 || !Value.isSigned { bounds["minimum"] = .number(JSONNumber(Int(Value.min))) }
        if Value.bitWidth <= 32 { bounds["maximum"] = .number(JSONNumber(Int(Value.max))) }
        return record("integer", 0, bounds)
    }

    private func record<Value>(_ name: String, _ value: Value, _ keywords: JSONObject = [:]) -> Value {
        if case .any = probe.result.kind { probe.result.kind = .scalar(name, keywords) }
        return value
    }
}
