public import MartletJSON

/// Describes a tool's arguments to the model.
public protocol DescribedArguments {
    /// The descriptions, by argument name.
    static var descriptions: [String: String] { get }
}

/// Derives JSON Schemas from Swift types.
public enum JSONSchema {
    /// The schema of the JSON that a type decodes: properties, which of them are required, arrays, dictionaries, nested
    /// types, and the cases of an enum that is `CaseIterable` and has raw values. A type that contains itself becomes a
    /// reference.
    ///
    /// - Parameters:
    ///   - type: The type.
    ///   - isStrict: Whether the schema is for OpenAI's structured outputs: then every property is required, and an
    ///     optional one may be null.
    /// - Throws: `UnderivableSchema`, which names the field, for anything that has no schema: nothing is left out
    ///   silently.
    public static func derived(
        from type: any Decodable.Type, isStrict: Bool = false
    ) throws(UnderivableSchema) -> JSONObject {
        let probe = SchemaProbe(within: [], path: [])
        let node: SchemaNode
        do { node = try probe.node(of: type) } catch {
            throw (error as? UnderivableSchema) ?? UnderivableSchema(path: [], problem: "\(error)")
        }
        var rendering = SchemaRendering(isStrict: isStrict, root: node)
        return try rendering.document()
    }
}

/// No JSON Schema can be derived from a type or one of its fields.
public struct UnderivableSchema: Error, Sendable, CustomStringConvertible {
    /// The path of the field; empty for the type itself.
    public let path: [String]
    /// The problem, and what to do about it.
    public let problem: String

    public var description: String {
        (path.isEmpty ? "" : "\(path.joined(separator: ".")): ") + problem
    }
}
