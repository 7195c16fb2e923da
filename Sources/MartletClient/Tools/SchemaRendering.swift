internal import MartletJSON

/// Writes nodes as JSON Schema.
struct SchemaRendering {
    let isStrict: Bool
    let root: SchemaNode
    /// The formats of a strict schema; other schemas have every one.
    private let strictFormats: Set<String>
    private var definitions: JSONObject = [:]
    private var names: [ObjectIdentifier: String] = [:]

    /// The formats that `SchemaProbe` knows and OpenAI's strict mode supports.
    static let openAIFormats: Set = ["date-time", "uuid"]

    init(isStrict: Bool, root: SchemaNode, strictFormats: Set<String> = openAIFormats) {
        (self.isStrict, self.root, self.strictFormats) = (isStrict, root, strictFormats)
    }

    /// The complete document, with `$defs` for types that contain themselves.
    mutating func document() throws(UnderivableSchema) -> JSONObject {
        if isStrict {
            guard case .object = root.kind else {
                throw underivable(
                    root, "a strict schema describes an object, and this type is not one; nest it in a struct.")
            }
        }
        var schema = try body(of: root)
        if !definitions.isEmpty { schema["$defs"] = .object(definitions) }
        return schema
    }

    private mutating func schema(of node: SchemaNode) throws(UnderivableSchema) -> JSONObject {
        node.isReferredTo ? try reference(to: node) : try body(of: node)
    }

    private mutating func reference(to node: SchemaNode) throws(UnderivableSchema) -> JSONObject {
        if let known = names[ObjectIdentifier(node)] { return ["$ref": .string("#/$defs/\(known)")] }
        var name = node.name
        while definitions[name] != nil { name += "_" }
        names[ObjectIdentifier(node)] = name
        // Reserve the name before nested types can take it.
        definitions[name] = [:]
        definitions[name] = .object(try body(of: node))
        return ["$ref": .string("#/$defs/\(name)")]
    }

    private mutating func body(of node: SchemaNode) throws(UnderivableSchema) -> JSONObject {
        switch node.kind {
        case .any:
            if isStrict {
                throw underivable(node, "a strict schema says what each value is, and this may be anything.")
            }
            return [:]
        case .scalar(let type, let keywords):
            var schema: JSONObject = ["type": .string(type)]
            if isStrict, keywords["contentEncoding"] != nil {
                throw underivable(node, "a strict schema has no Data, since it cannot ask for base64; use String.")
            }
            for (name, value) in keywords where !isStrict || isStrictKeyword(name, value) { schema[name] = value }
            return schema
        case .cases(let type, let values): return ["type": .string(type), "enum": .array(values)]
        case .object: return try object(node)
        case .array(let items):
            var schemas: [JSONValue] = []
            for item in items {
                let schema = JSONValue.object(try schema(of: item))
                if !schemas.contains(schema) { schemas.append(schema) }
            }
            let only = schemas.count == 1 ? schemas[0] : nil
            return ["type": "array", "items": only ?? (schemas.isEmpty ? [:] : ["anyOf": .array(schemas)])]
        case .dictionary(let values):
            if isStrict {
                throw underivable(node, "a strict schema has no dictionaries; use an array of names and values.")
            }
            return ["type": "object", "additionalProperties": .object(try schema(of: values))]
        case .reference(let node): return try reference(to: node)
        case .nullable(let node): return Self.nullable(try schema(of: node))
        }
    }

    private mutating func object(_ node: SchemaNode) throws(UnderivableSchema) -> JSONObject {
        var properties: JSONObject = [:]
        var required: [JSONValue] = []
        // A property that was decoded again as another type has its schema.
        let missing = node.errors.first { entry in !node.properties.contains { $0.name == entry.name } }
        if let missing { throw missing.error }
        for property in node.properties {
            var schema = try schema(of: property.node)
            if isStrict, property.isOptional { schema = Self.nullable(schema) }
            if let text = node.descriptions[property.name] {
                // Strict mode allows no description beside a reference.
                if schema["$ref"] != nil { schema = ["anyOf": [.object(schema)]] }
                schema["description"] = .string(text)
            }
            properties[property.name] = .object(schema)
            if isStrict || !property.isOptional { required.append(.string(property.name)) }
        }
        return [
            "type": "object", "properties": .object(properties), "required": .array(required),
            "additionalProperties": false,
        ]
    }

    /// The schema or null: as a union of types, or as `anyOf` for references.
    private static func nullable(_ schema: JSONObject) -> JSONObject {
        guard let type = schema["type"], case .string = type else {
            if schema["type"] != nil || schema.isEmpty { return schema }
            return ["anyOf": [.object(schema), ["type": "null"]]]
        }
        var schema = schema
        schema["type"] = [type, "null"]
        if case .array(let values) = schema["enum"] { schema["enum"] = .array(values + [.null]) }
        return schema
    }

    private func isStrictKeyword(_ name: String, _ value: JSONValue) -> Bool {
        name != "format" || value.string.map(strictFormats.contains) ?? false
    }

    private func underivable(_ node: SchemaNode, _ problem: String) -> UnderivableSchema {
        UnderivableSchema(path: node.path, problem: problem)
    }
}
