internal import MartletJSON

/// vLLM's `disable_additional_properties`: objects whose properties are named have no others, unless the schema says
/// otherwise.
enum ClosedSchema {
    private static let schemas: Set<String> = [
        "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
        "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
    ]
    private static let arrays: Set<String> = ["allOf", "anyOf", "items", "oneOf", "prefixItems"]
    private static let maps: Set<String> = [
        "$defs", "definitions", "dependentSchemas", "patternProperties", "properties",
    ]

    static func closed(_ schema: JSONValue) -> JSONValue {
        guard let members = schema.object else { return schema }
        var result: JSONObject = [:]
        for (name, value) in members {
            switch value {
            case .object(let named) where maps.contains(name):
                var closedNamed: JSONObject = [:]
                for (name, schema) in named { closedNamed[name] = closed(schema) }
                result[name] = .object(closedNamed)
            case .object where schemas.contains(name): result[name] = closed(value)
            case .array(let schemas) where arrays.contains(name): result[name] = .array(schemas.map(closed))
            default: result[name] = value
            }
        }
        let namesProperties = result["properties"] != nil || result["patternProperties"] != nil
        if namesProperties, result["additionalProperties"] == nil { result["additionalProperties"] = false }
        return .object(result)
    }
}
