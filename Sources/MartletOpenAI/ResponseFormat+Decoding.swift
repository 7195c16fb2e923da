import MartletJSON

extension ResponseFormat {
    /// Reads `response_format`; text if it is missing.
    init(_ root: Field) throws(OpenAIError) {
        guard let field = root.member("response_format") else {
            self = .text
            return
        }
        _ = try field.object()
        let type = try field.required("type", "\"text\", \"json_object\" or \"json_schema\"")
        switch try type.string() {
        case "text": self = .text
        case "json_object": self = .jsonObject
        case "json_schema":
            let schema = try field.required("json_schema", "the schema's name and the schema")
            _ = try schema.object()
            self = .jsonSchema(
                name: try schema.required("name", "the schema's name").string(),
                schema: try schema.member("schema")?.object() ?? [:],
                isStrict: try schema.member("strict")?.bool() ?? false)
        default: throw type.mustBe("\"text\", \"json_object\" or \"json_schema\"")
        }
    }
}
