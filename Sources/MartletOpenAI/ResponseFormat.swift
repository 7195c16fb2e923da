public import MartletJSON

/// The required format of the generated text: OpenAI's `response_format`.
public enum ResponseFormat: Sendable, Equatable {
    /// Any text.
    case text
    /// A JSON object; needs the capability `responseFormat`.
    case jsonObject
    /// JSON that conforms to a JSON Schema; needs the capability `responseFormat`.
    case jsonSchema(name: String, schema: JSONObject, isStrict: Bool)
}

extension ResponseFormat {
    /// The format as JSON of a request.
    public var json: JSONObject {
        switch self {
        case .text: ["type": "text"]
        case .jsonObject: ["type": "json_object"]
        case .jsonSchema(let name, let schema, let isStrict):
            [
                "type": "json_schema",
                "json_schema": ["name": .string(name), "schema": .object(schema), "strict": .bool(isStrict)],
            ]
        }
    }

    /// Decodes a format; nil if it is not one of the three.
    public init?(json: JSONObject) {
        switch json["type"]?.string {
        case "text": self = .text
        // llama.cpp's `schema` makes it another format.
        case "json_object" where json["schema"] == nil: self = .jsonObject
        case "json_schema":
            let format = json["json_schema"]?.object
            guard let schema = format?["schema"]?.object else { return nil }
            self = .jsonSchema(
                name: format?["name"]?.string ?? "", schema: schema, isStrict: format?["strict"]?.bool ?? false)
        default: return nil
        }
    }
}
