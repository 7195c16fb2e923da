public import MartletJSON

/// Describes a tool's arguments, or the properties of a typed answer, to the model.
public protocol DescribedArguments {
    /// The descriptions, by argument or property name.
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
    ///   - isStrict: Whether the schema is for OpenAI's structured outputs: then every property is required, an optional
    ///     one may be null, and dictionaries and `Data` have no schema.
    /// - Throws: `UnderivableSchema`, which names the field, for anything that has no schema: nothing is left out
    ///   silently.
    public static func derived(
        from type: any Decodable.Type, isStrict: Bool = false
    ) throws(UnderivableSchema) -> JSONObject {
        var rendering = SchemaRendering(isStrict: isStrict, root: try node(of: type))
        return try rendering.document()
    }

    static func node(of type: any Decodable.Type) throws(UnderivableSchema) -> SchemaNode {
        do { return try SchemaProbe().node(of: type) } catch {
            throw (error as? UnderivableSchema) ?? UnderivableSchema(path: [], problem: "\(error)")
        }
    }

    /// The type's name in ASCII letters, digits and `_`, at most 64 of them: what OpenAI accepts as the name of a format,
    /// and what a reference may contain.
    static func name(of type: any Any.Type) -> String {
        let words = String(describing: type).utf8.split { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                false
            default: true
            }
        }
        let name = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "_").prefix(64)
        return name.isEmpty ? "Value" : String(name)
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
