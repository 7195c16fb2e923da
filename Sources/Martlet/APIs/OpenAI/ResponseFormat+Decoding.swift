internal import MartletJSON
internal import MartletOpenAI

extension ResponseFormat {
    /// Decodes a format. The schema itself is not validated.
    init(_ field: Field) throws(OpenAIError) {
        _ = try field.object()
        let type = try field.required("type", "\"text\", \"json_object\" or \"json_schema\"")
        switch try type.string() {
        case "text": self = .text
        case "json_object":
            // llama.cpp's extension. Ignoring it would change the result, so it is refused.
            if let schema = field.member("schema") {
                throw schema.unsupported("`\(schema.path)` is not supported; use the type \"json_schema\".")
            }
            self = .jsonObject
        case "json_schema": self = try Self.jsonSchema(field)
        default: throw type.mustBe("\"text\", \"json_object\" or \"json_schema\"")
        }
    }

    private static func jsonSchema(_ format: Field) throws(OpenAIError) -> ResponseFormat {
        let field = try format.required("json_schema", "the schema's name and the schema")
        _ = try field.object()
        return .jsonSchema(
            name: try field.required("name", "the schema's name").word(),
            schema: try field.member("schema")?.object() ?? [:],
            isStrict: try field.member("strict")?.bool() ?? false)
    }
}
