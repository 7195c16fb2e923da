public import MartletJSON

/// Says of each argument what it means, for the model.
public protocol DescribedArguments {
    /// By the argument's name.
    static var descriptions: [String: String] { get }
}

/// JSON Schemas of Swift types.
public enum JSONSchema {
    /// The schema of what a type decodes itself from: properties, which of them are required, arrays, dictionaries, nested
    /// types, and the cases of an enum that is `CaseIterable` and has raw values. A type that contains itself becomes a
    /// reference.
    ///
    /// - Parameters:
    ///   - type: The type.
    ///   - isStrict: Whether it is for a server that holds the model to it (OpenAI's structured outputs): then every
    ///     property is required, and an optional one may be null.
    /// - Throws: `UnderivableSchema`, which names the field, for what cannot be said: nothing is left out silently.
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

/// A type, or a field of it, has no JSON Schema that can be derived.
public struct UnderivableSchema: Error, Sendable, CustomStringConvertible {
    /// The field, from the type that was asked for; empty for that type itself.
    public let path: [String]
    /// What is wrong, and what to do.
    public let problem: String

    public var description: String {
        (path.isEmpty ? "" : "\(path.joined(separator: ".")): ") + problem
    }
}
