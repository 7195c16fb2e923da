import MartletJSON

extension EmbeddingRequest: EndpointRequest {
    /// Every parameter of `POST /v1/embeddings`.
    package static let parameters = ParameterTable<EmbeddingRequest>([
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
        .ollama("truncate", .gated(neutral: [false])),
    ])
}
