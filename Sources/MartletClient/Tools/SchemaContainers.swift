internal import MartletJSON

/// The properties that a type asks for.
struct KeyedProbe<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: SchemaProbe
    private let asked = AskedNames()
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    init(probe: SchemaProbe) { self.probe = probe }

    /// A type that asks can do without; the standard library does for optional numbers, strings and truth values.
    func contains(_ key: Key) -> Bool {
        asked.names.insert(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) -> Bool {
        asked.names.insert(key.stringValue)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (node, value) = try noting(key) { try $0.probe(type) }
        probe.result.add(key.stringValue, node, isOptional: asked.names.contains(key.stringValue))
        guard let value else { throw SchemaProbe.Recursion() }
        return value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        let node = try noting(key) { try $0.node(of: type) }
        probe.result.add(key.stringValue, node, isOptional: true)
        return nil
    }

    private func noting<Result>(_ key: Key, _ find: (SchemaProbe) throws -> Result) throws -> Result {
        do { return try find(probe.inner(key.stringValue)) } catch {
            if let fault = error as? UnderivableSchema { probe.result.faults.append((key.stringValue, fault)) }
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
        probe.result.add(name, inner.result, isOptional: asked.names.contains(name))
        return inner
    }
}

/// The names of properties that a type asked about before it asked for them.
private final class AskedNames { var names: Set<String> = [] }

/// The elements of an array, each of which may be of a type of its own.
struct ElementsProbe: UnkeyedDecodingContainer {
    let probe: SchemaProbe
    var codingPath: [any CodingKey] { [] }
    var count: Int? { nil }
    var currentIndex = 0
    /// A loop over the elements sees one.
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

/// A value that is not a container.
struct ScalarProbe: SingleValueDecodingContainer {
    let probe: SchemaProbe
    var codingPath: [any CodingKey] { [] }

    init(probe: SchemaProbe) { self.probe = probe }

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
        let (node, value) = try probe.inner().probe(type)
        // What is decoded as another type has that one's schema.
        if case .any = probe.result.kind {
            if case .object = node.kind { probe.result.properties = node.properties }
            (probe.result.kind, probe.result.descriptions) = (node.kind, node.descriptions)
        }
        guard let value else { throw SchemaProbe.Recursion() }
        return value
    }

    private func note<Value>(_ name: String, _ value: Value) -> Value {
        if case .any = probe.result.kind { probe.result.kind = .scalar(name, [:]) }
        return value
    }
}
