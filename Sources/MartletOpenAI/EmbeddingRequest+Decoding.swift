package import MartletJSON

extension EmbeddingRequest {
    /// Reads and checks a body whose model has been resolved; the first fault is a 400 that names its `param`.
    package init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let root = Field(body)
        let inputs = try Prompt.decode(root.required("input", "a text or an array of texts to embed"))
        let format = try Self.encodingFormat(root)
        let dimensions = try root.member("dimensions")?.integer(in: 1 ... .max)
        try ParameterTable.embeddings.check(body, capabilities: capabilities)
        self.init(model: model, inputs: inputs, encodingFormat: format, body: body)
        self.dimensions = dimensions
    }

    private static func encodingFormat(_ root: Field) throws(OpenAIError) -> EncodingFormat {
        guard let field = root.member("encoding_format") else { return .float }
        let format = field.value.string.map(EncodingFormat.init(rawValue:))
        guard let format, format == .float || format == .base64 else { throw field.mustBe("\"float\" or \"base64\"") }
        return format
    }
}
