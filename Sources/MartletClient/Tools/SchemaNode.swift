internal import MartletJSON

/// What a type is decoded from, as it is found out: a schema before it is written in one of its two forms. A reference
/// type, since containers add to it after they were handed out.
final class SchemaNode {
    enum Kind {
        /// Nothing is known: any value.
        case any
        /// A scalar: `string`, `integer`, `number` or `boolean`, and further keywords.
        case scalar(String, JSONObject)
        /// The values of an enum, of one scalar type.
        case cases(String, [JSONValue])
        /// An object with these properties.
        case object
        /// An array of these; several where the places of it differ.
        case array([SchemaNode])
        /// An object with any names and these values.
        case dictionary(SchemaNode)
        /// A type that is under way further out: it contains itself.
        case reference(SchemaNode)
        /// This, or null.
        case nullable(SchemaNode)
    }

    struct Property {
        var name: String
        var node: SchemaNode
        /// Whether it was asked for only if it is there.
        var isOptional: Bool
    }

    var kind = Kind.any
    var properties: [Property] = []
    /// Properties that have no schema: the type itself may ignore the error.
    var faults: [(name: String, fault: UnderivableSchema)] = []
    /// The name of the type, for references.
    let name: String
    /// Where it stands, from the type that was asked for.
    let path: [String]
    /// By the property's name.
    var descriptions: [String: String] = [:]
    /// Whether something inside refers to it.
    var isReferredTo = false

    init(_ kind: Kind = .any, name: String = "", path: [String]) {
        self.kind = kind
        self.name = name
        self.path = path
    }

    /// Adds a property; one that was there already stays, and is optional if it was so once.
    func add(_ name: String, _ node: SchemaNode, isOptional: Bool) {
        if let known = properties.firstIndex(where: { $0.name == name }) {
            properties[known].isOptional = properties[known].isOptional || isOptional
            return
        }
        properties.append(Property(name: name, node: node, isOptional: isOptional))
    }
}
