import MartletJSON

extension CompletionRequest: GenerationRequest {
    /// Every parameter of `POST /v1/completions`.
    package static let parameters = ParameterTable<CompletionRequest>(
        openAI + ParameterTable.openAIGeneration + vLLM + ParameterTable.vLLMGeneration
            + ParameterTable.llamaCPPGeneration)

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
        // 0 asks for the chosen tokens' own, so that only `false`, which chats know, asks for none.
        .openAI("logprobs", .gated(by: .logprobs, neutral: [false])) { request, field in
            if field.value != false { request.topLogprobs = try field.integer(in: 0...20) }
        },
    ]

    private static let vLLM: [ParameterTable<CompletionRequest>.Row] = [
        .vLLM("response_format", .gated(by: .responseFormat, neutral: [["type": "text"]])) {
            _ = try ResponseFormat($1)
        },
        .vLLM("add_special_tokens", .gated(neutral: [true])),
        .vLLM("prompt_embeds", .gated()),
    ]
}
