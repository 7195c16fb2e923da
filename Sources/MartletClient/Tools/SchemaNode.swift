internal import MartletJSON

/// What is known about a type's JSON while it is probed. A reference type, since decoding containers add to it after
/// they were handed out.
final class SchemaNode {
    enum Kind {
        /// Any value: nothing is known.
        case any
        /// `string`, `integer`, `number` or `boolean`, with further keywords.
        case scalar(String, JSONObject)
        /// The values of an enum, all of one scalar type.
        case cases(String, [JSONValue])
        /// An object with `properties`.
        case object
        /// An array of these; several if its elements differ.
        case array([SchemaNode])
        /// An object with arbitrary keys and these values.
        case dictionary(SchemaNode)
        /// A type that encloses this one: it contains itself.
        case reference(SchemaNode)
        /// This, or null.
        case nullable(SchemaNode)
    }

    struct Property {
        var name: String
        var node: SchemaNode
        /// Whether the type decodes it only if it is present.
        var isOptional: Bool
    }

    var kind = Kind.any
    var properties: [Property] = []
    /// Properties without a schema. The type may have ignored the error.
    var errors: [(name: String, error: UnderivableSchema)] = []
    /// The type's name, for references.
    let name: String
    /// The path of the field, from the root type.
    let path: [String]
    /// By property name.
    var descriptions: [String: String] = [:]
    /// Whether a nested node refers to this one.
    var isReferredTo = false

    init(_ kind: Kind = .any, name: String = "", path: [String]) {
        self.kind = kind
        self.name = name
        self.path = path
    }

    /// Adds a property. A known one stays, and becomes optional if it is optional here.
    func add(_ name: String, _ node: SchemaNode, isOptional: Bool) {
        if let known = properties.firstIndex(where: { $0.name == name }) {
            properties[known].isOptional = properties[known].isOptional || isOptional
            return
        }
        properties.append(Property(name: name, node: node, isOptional: isOptional))
    }
}
