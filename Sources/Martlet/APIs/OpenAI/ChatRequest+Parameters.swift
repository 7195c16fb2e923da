internal import MartletJSON
internal import MartletOpenAI

extension ChatRequest: GenerationRequest {
    /// Every parameter of `POST /v1/chat/completions`.
    static let parameters = ParameterTable<ChatRequest>(
        openAI + ParameterTable.openAIGeneration + vLLM + ParameterTable.vLLMGeneration + llamaCPP
            + ParameterTable.llamaCPPGeneration + ParameterTable.structuredOutput)

    private static let openAI: [ParameterTable<ChatRequest>.Row] = [
        .openAI("messages", .passedOn),
        // `max_completion_tokens` takes precedence, in either order.
        .openAI("max_tokens", .enforced) { request, field in
            let limit = try field.integer(in: 1 ... .max)
            request.maxTokens = request.maxTokens ?? limit
        },
        .openAI("max_completion_tokens", .enforced) { $0.maxTokens = try $1.integer(in: 1 ... .max) },
        .openAI("logprobs", .gated(by: .logprobs, neutral: [false])) { request, field in
            if try field.bool() { request.topLogprobs = request.topLogprobs ?? 0 }
        },
        .openAI("top_logprobs", .gated(by: .logprobs, neutral: [0])) { request, field in
            let count = try field.integer(in: 0...20)
            if request.body["logprobs"] == true {
                request.topLogprobs = count
            } else if count > 0 {
                throw field.invalid("`top_logprobs` needs `logprobs` to be `true`.")
            }
        },
        .openAI("tools", .gated(by: .tools, neutral: [[]])) { $0.tools = try ToolDefinition.decode($1) },
        .openAI("tool_choice", .gated(by: .toolChoice, neutral: ["auto", "none"])) {
            $0.toolChoice = try ToolChoice($1)
            $0.allowedTools = try ToolChoice.allowedNames($1).map { Set($0.compactMap(\.value.string)) }
        },
        .openAI("parallel_tool_calls", .enforced) { $0.parallelToolCalls = try $1.bool() },
        .openAI("response_format", .gated(by: .responseFormat, neutral: [["type": "text"]])) {
            try $0.demand($1.responseFormat(), by: $1)
        },
        .openAI("reasoning_effort", .passedOn) { $0.reasoningEffort = try $1.word() },
        .openAI("modalities", .gated(by: .audio, neutral: [["text"]])),
        .openAI("audio", .gated(by: .audio)) { _ = try $1.object() },
        .openAI("prediction", .gated()),
        .openAI("web_search_options", .gated()),
        .openAI("moderation", .gated()),
        .openAI("functions", .gated(neutral: [[]])),
        .openAI("function_call", .gated(neutral: ["auto", "none"])),
        .openAI("service_tier", .ignored),
        .openAI("verbosity", .ignored),
        .openAI("safety_identifier", .ignored),
        .openAI("prompt_cache_key", .ignored),
        .openAI("prompt_cache_options", .ignored),
        .openAI("prompt_cache_retention", .ignored),
    ]

    private static let vLLM: [ParameterTable<ChatRequest>.Row] = [
        .vLLM("chat_template_kwargs", .passedOn) { $0.chatTemplateKwargs = try $1.object() },
        // `settleFinalMessage` validates the combination of the next two.
        .vLLM("continue_final_message", .passedOn) { $0.continuesFinalMessage = try $1.bool() },
        .vLLM("add_generation_prompt", .passedOn) { $0.addsGenerationPrompt = try $1.bool() },
        .vLLM("echo", .gated(neutral: [false])),
        .vLLM("add_special_tokens", .gated(neutral: [false])),
        .vLLM("chat_template", .gated()),
        .vLLM("documents", .gated(neutral: [[]])),
        .vLLM("mm_processor_kwargs", .gated(neutral: [[:]])),
        .vLLM("include_reasoning", .gated(neutral: [true])),
        .vLLM("thinking_token_budget", .gated()),
    ]

    private static let llamaCPP: [ParameterTable<ChatRequest>.Row] = [
        // Both values mean the standard behavior: reasoning is sent as `reasoning_content`.
        .llamaCPP("reasoning_format", .gated(neutral: ["auto", "deepseek"])),
        .llamaCPP("thinking_budget_tokens", .gated(neutral: [-1])),
        .llamaCPP("thinking_forced_open", .gated(neutral: [false])),
        .llamaCPP("parse_tool_calls", .gated(neutral: [true])),
    ]
}
