package import MartletJSON

extension EmbeddingRequest {
    /// Reads and checks a body whose model has been resolved; the first fault is a 400 that names its `param`.
    package init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let inputs = try Prompt.decode(Field(body).required("input", "a text or an array of texts to embed"))
        self.init(model: model, inputs: inputs, body: body)
        try Self.parameters.read(into: &self, capabilities: capabilities)
    }
}

extension EmbeddingRequest.EncodingFormat {
    init(_ field: Field) throws(OpenAIError) {
        self.init(rawValue: try field.string())
        guard self == .float || self == .base64 else { throw field.mustBe("\"float\" or \"base64\"") }
    }
}
