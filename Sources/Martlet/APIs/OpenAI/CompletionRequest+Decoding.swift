internal import MartletJSON
internal import MartletOpenAI

extension CompletionRequest {
    /// Decodes and validates a body whose model has been resolved. The first error is a 400 with its `param`.
    init(
        decoding body: JSONObject, model: String, capabilities: Capabilities, names: ParameterNames = .own
    ) throws(OpenAIError) {
        let prompts = try Prompt.decode(
            Field(body, names: names).required("prompt", "a text or an array of token ids to continue"))
        self.init(model: model, prompts: prompts, body: body)
        try Self.parameters.read(into: &self, capabilities: capabilities, names: names)
        try Field(body, names: names).member("response_format")?.checkStrictFormat()
        try checkBestOf()
        try checkMinimumTokens(against: Field(body).member("max_tokens") == nil ? nil : maxTokens)
    }

    private func checkBestOf() throws(OpenAIError) {
        guard let bestOf else { return }
        guard bestOf >= n else {
            throw .invalidValue("best_of", "`best_of` must be at least `n`, which is \(n), but it is \(bestOf).")
        }
        guard bestOf == n || !stream else {
            throw .invalidValue(
                "best_of",
                "`best_of` above `n` cannot be streamed, because the best is known at the end; leave out `stream`.")
        }
    }
}

extension CompletionRequest: GenerationRequest {
    /// Every parameter of `POST /v1/completions`.
    static let parameters = ParameterTable<CompletionRequest>(
        openAI + ParameterTable.openAIGeneration + vLLM + ParameterTable.vLLMGeneration
            + ParameterTable.llamaCPPGeneration + ParameterTable.structuredOutput)

    private static let openAI: [ParameterTable<CompletionRequest>.Row] = [
        .openAI("prompt", .passedOn),
        .openAI("max_tokens", .enforced) { $0.maxTokens = try $1.integer(in: 0 ... .max) },
        .openAI("best_of", .gated(by: .bestOf, neutral: [1, 0], sameAs: "n")) { request, field in
            let bestOf = try field.integer(in: 0...128)
            request.bestOf = bestOf == 0 ? nil : bestOf
        },
        .openAI("echo", .gated(by: .echo, neutral: [false])) { $0.echo = try $1.bool() },
        .openAI("suffix", .gated(by: .suffix, neutral: [""])) { request, field in
            let suffix = try field.string()
            request.suffix = suffix.isEmpty ? nil : suffix
        },
        // 0 requests the log-probabilities of the generated tokens; `false`, as in chat completions, requests none.
        .openAI("logprobs", .gated(by: .logprobs, neutral: [false])) { request, field in
            if field.value != false { request.topLogprobs = try field.integer(in: 0...20) }
        },
    ]

    private static let vLLM: [ParameterTable<CompletionRequest>.Row] = [
        .vLLM("response_format", .gated(by: .responseFormat, neutral: [["type": "text"]])) {
            try $0.demand($1.responseFormat(), by: $1)
        },
        .vLLM("add_special_tokens", .gated(neutral: [true])),
        .vLLM("prompt_embeds", .gated()),
    ]
}
