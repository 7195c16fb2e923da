internal import MartletJSON
internal import MartletOpenAI

extension EmbeddingRequest {
    /// Decodes and validates a body whose model has been resolved. The first error is a 400 with its `param`.
    init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
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

extension EmbeddingRequest: EndpointRequest {
    /// Every parameter of `POST /v1/embeddings`.
    static let parameters = ParameterTable<EmbeddingRequest>([
        .openAI("model", .enforced),
        .openAI("input", .passedOn),
        .openAI("encoding_format", .enforced) { $0.encodingFormat = try EncodingFormat($1) },
        .openAI("dimensions", .enforced) { $0.dimensions = try $1.integer(in: 1 ... .max) },
        .openAI("user", .ignored),
        .vLLM("messages", .gated()),
        .vLLM("truncate_prompt_tokens", .gated()),
        .vLLM("add_special_tokens", .gated(neutral: [true])),
        .vLLM("normalize", .gated(neutral: [true])),
        .vLLM("embed_dtype", .gated(neutral: ["float32"])),
        .vLLM("endianness", .gated(neutral: ["native", "little"])),
        .vLLM("priority", .ignored),
        // 2 is the Euclidean norm.
        .llamaCPP("embd_normalize", .gated(neutral: [2])),
        .other("truncate", .gated(neutral: [false])),
    ])
}
