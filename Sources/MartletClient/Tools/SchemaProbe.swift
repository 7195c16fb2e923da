internal import MartletJSON

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A decoder without data: it returns placeholder values and records what a type decodes.
final class SchemaProbe: Decoder {
    var codingPath: [any CodingKey] { [] }
    let userInfo: [CodingUserInfoKey: Any] = [:]
    /// The enclosing types that are being probed.
    private let outer: [(type: ObjectIdentifier, node: SchemaNode)]
    private let probed: ProbedTypes
    private let path: [String]
    /// The schema so far.
    let result: SchemaNode

    private init(
        within outer: [(type: ObjectIdentifier, node: SchemaNode)], _ probed: ProbedTypes, path: [String],
        result: SchemaNode? = nil
    ) {
        self.outer = outer
        self.probed = probed
        self.path = path
        self.result = result ?? SchemaNode(path: path)
    }

    /// A probe for a root.
    convenience init() { self.init(within: [], ProbedTypes(), path: []) }

    /// A type that contains itself has no placeholder value.
    struct Recursion: Error {}

    /// A probe for a nested value.
    func inner(_ name: String? = nil) -> SchemaProbe {
        SchemaProbe(within: outer, probed, path: path + (name.map { [$0] } ?? []))
    }

    /// The schema of a type.
    ///
    /// - Throws: `UnderivableSchema`.
    func node(of type: any Decodable.Type) throws -> SchemaNode {
        func open<Value: Decodable>(_ type: Value.Type) throws -> SchemaNode { try probe(type).node }
        return try open(type)
    }

    /// The schema of a type, and a placeholder value if there is one.
    ///
    /// - Throws: `UnderivableSchema`.
    func probe<Value: Decodable>(_ type: Value.Type) throws -> (node: SchemaNode, value: Value?) {
        if let known = try known(type) { return known }
        if let cases = try cases(of: type) { return cases }
        let id = ObjectIdentifier(type)
        if let (_, node) = outer.last(where: { $0.type == id }) {
            node.isReferredTo = true
            return (SchemaNode(.reference(node), path: path), nil)
        }
        if let (node, value) = probed.types[id] { return (node, value as? Value) }
        let node = SchemaNode(name: JSONSchema.name(of: type), path: path)
        let probe = SchemaProbe(within: outer + [(id, node)], probed, path: path, result: node)
        if let described = type as? any DescribedArguments.Type { node.descriptions = described.descriptions }
        do {
            let value = try Value(from: probe)
            switch (Mirror(reflecting: value).displayStyle, node.kind) {
            case (.enum, _): throw underivable(Self.enumProblem(type))
            // A type without properties decodes none.
            case (.struct, .any), (.class, .any): node.kind = .object
            default: break
            }
            probed.types[id] = (node, value)
            return (node, value)
        } catch let error as UnderivableSchema {
            throw error
        } catch is Recursion {
            throw underivable(
                "\(type) contains itself where it cannot be left out; make that field an array or optional.")
        } catch {
            throw underivable(
                Value.self is any RawRepresentable.Type
                    ? Self.enumProblem(type)
                    : "\(type) refuses the values that its schema is derived with, or is an enum with associated values; "
                        + "write the schema yourself.")
        }
    }

    func underivable(_ problem: String) -> UnderivableSchema { UnderivableSchema(path: path, problem: problem) }

    private static func enumProblem(_ type: any Any.Type) -> String {
        "\(type) is an enum whose cases cannot be listed; give it raw values and make it CaseIterable, or write the schema yourself."
    }

    // MARK: Types with a known schema

    private func known<Value: Decodable>(_ type: Value.Type) throws -> (node: SchemaNode, value: Value?)? {
        let scalar = { (name: String, keywords: JSONObject, value: Any?) in
            (SchemaNode(.scalar(name, keywords), path: self.path), value as? Value)
        }
        switch type {
        case is Date.Type: return scalar("string", ["format": "date-time"], Date(timeIntervalSince1970: 0))
        case is URL.Type: return scalar("string", ["format": "uri"], URL(string: "http://localhost"))
        case is UUID.Type: return scalar("string", ["format": "uuid"], UUID())
        case is Data.Type: return scalar("string", ["contentEncoding": "base64"], Data())
        case is Decimal.Type: return scalar("number", [:], Decimal())
        case is JSONValue.Type: return (SchemaNode(.any, path: path), JSONValue.null as? Value)
        case let collection as any SchemaCollection.Type:
            let element = try node(of: collection.elementType)
            guard let kind = collection.kind(of: element) else {
                throw underivable("\(type) is not an object in JSON: its keys must be String or Int.")
            }
            return (SchemaNode(kind, path: path), collection.placeholder as? Value)
        default: return nil
        }
    }

    private func cases<Value>(of type: Value.Type) throws -> (node: SchemaNode, value: Value?)? {
        guard let iterable = type as? any CaseIterable.Type else { return nil }
        func all<Cases: CaseIterable>(_ type: Cases.Type) -> [Any] { type.allCases.map { $0 } }
        let cases = all(iterable)
        guard let first = cases.first as? Value else { throw underivable("\(type) has no case.") }
        let raw = cases.compactMap { ($0 as? any RawRepresentable).map { $0.rawValue as Any } }
        if let names = raw as? [String], names.count == cases.count {
            return (SchemaNode(.cases("string", names.map { .string($0) }), path: path), first)
        }
        if let numbers = raw as? [Int], numbers.count == cases.count {
            return (SchemaNode(.cases("integer", numbers.map { .number(JSONNumber($0)) }), path: path), first)
        }
        throw underivable("\(type) is an enum whose raw values are neither String nor Int.")
    }

    // MARK: Decoder

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        result.kind = .object
        return KeyedDecodingContainer(KeyedProbe(probe: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        result.kind = .array([])
        return ElementsProbe(probe: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { ScalarProbe(probe: self) }
}

/// The types that have been probed, with their placeholder values: a type that several others contain is probed once.
private final class ProbedTypes { var types: [ObjectIdentifier: (node: SchemaNode, value: Any)] = [:] }

/// Types whose schema is made of that of their elements.
private protocol SchemaCollection {
    static var elementType: any Decodable.Type { get }
    /// Nil if JSON cannot represent the type.
    static func kind(of element: SchemaNode) -> SchemaNode.Kind?
    /// An empty value.
    static var placeholder: Any { get }
}

extension Array: SchemaCollection where Element: Decodable {
    static var elementType: any Decodable.Type { Element.self }
    static func kind(of element: SchemaNode) -> SchemaNode.Kind? { .array([element]) }
    static var placeholder: Any { Self() }
}

extension Set: SchemaCollection where Element: Decodable {
    static var elementType: any Decodable.Type { Element.self }
    static func kind(of element: SchemaNode) -> SchemaNode.Kind? { .array([element]) }
    static var placeholder: Any { Self() }
}

extension Dictionary: SchemaCollection where Value: Decodable {
    static var elementType: any Decodable.Type { Value.self }
    static func kind(of element: SchemaNode) -> SchemaNode.Kind? {
        Key.self == String.self || Key.self == Int.self ? .dictionary(element) : nil
    }
    static var placeholder: Any { Self() }
}

extension Optional: SchemaCollection where Wrapped: Decodable {
    static var elementType: any Decodable.Type { Wrapped.self }
    static func kind(of element: SchemaNode) -> SchemaNode.Kind? { .nullable(element) }
    static var placeholder: Any { Self.none as Any }
}
