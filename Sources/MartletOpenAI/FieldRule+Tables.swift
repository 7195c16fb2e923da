import MartletJSON

extension FieldRule {
    /// `POST /v1/chat/completions`.
    static let chat =
        generation + [
            FieldRule("tools", liftedBy: .tools),
            FieldRule("tool_choice", neutral: ["none", "auto"], liftedBy: .tools),
            FieldRule("functions"),
            FieldRule("function_call", neutral: ["none", "auto"]),
            FieldRule("modalities", neutral: [["text"]], liftedBy: .audio),
            FieldRule("audio", liftedBy: .audio),
            FieldRule("logprobs", neutral: [false, 0]),
            FieldRule("top_logprobs", neutral: [0]),
            FieldRule("reasoning_effort", neutral: ["none"]),
            FieldRule("prediction"),
            FieldRule("web_search_options"),
            FieldRule("moderation"),
            // vLLM
            FieldRule("echo", neutral: [false]),
            FieldRule("add_generation_prompt", neutral: [true]),
            FieldRule("continue_final_message", neutral: [false]),
            FieldRule("add_special_tokens", neutral: [false]),
            FieldRule("chat_template"),
            FieldRule("chat_template_kwargs"),
            FieldRule("documents"),
            FieldRule("mm_processor_kwargs"),
        ]

    /// `POST /v1/completions`. `logprobs: 0` asks for the chosen tokens' own and is not neutral.
    static let completions =
        generation + [
            FieldRule("suffix", neutral: [""], liftedBy: .suffix),
            FieldRule("echo", neutral: [false]),
            FieldRule("best_of", neutral: [1, 0], sameAs: "n"),
            FieldRule("logprobs", neutral: [false]),
            // vLLM
            FieldRule("add_special_tokens", neutral: [true]),
        ]

    /// `POST /v1/embeddings`.
    static let embeddings = [
        FieldRule("dimensions", liftedBy: .dimensions),
        // vLLM
        FieldRule("messages"),
        FieldRule("truncate_prompt_tokens"),
    ]

    /// What chat and plain completions share.
    private static let generation = [
        FieldRule("frequency_penalty", neutral: [0]),
        FieldRule("presence_penalty", neutral: [0]),
        FieldRule("logit_bias", liftedBy: .logitBias),
        FieldRule("response_format", neutral: [["type": "text"]], liftedBy: .responseFormat),
        // vLLM
        FieldRule("repetition_penalty", neutral: [1]),
        FieldRule("length_penalty", neutral: [1]),
        FieldRule("top_k", neutral: [0, -1]),
        FieldRule("min_p", neutral: [0]),
        FieldRule("min_tokens", neutral: [0]),
        FieldRule("ignore_eos", neutral: [false]),
        FieldRule("stop_token_ids"),
        FieldRule("bad_words"),
        FieldRule("allowed_token_ids"),
        FieldRule("use_beam_search", neutral: [false]),
        FieldRule("include_stop_str_in_output", neutral: [false]),
        FieldRule("skip_special_tokens", neutral: [true]),
        FieldRule("spaces_between_special_tokens", neutral: [true]),
        FieldRule("truncate_prompt_tokens"),
        FieldRule("prompt_logprobs"),
        FieldRule("return_token_ids", neutral: [false]),
        FieldRule("return_tokens_as_token_ids", neutral: [false]),
        FieldRule("structured_outputs"),
        FieldRule("guided_json"),
        FieldRule("guided_regex"),
        FieldRule("guided_choice"),
        FieldRule("guided_grammar"),
        // llama.cpp
        FieldRule("grammar", neutral: [""]),
        FieldRule("json_schema"),
        FieldRule("typical_p", neutral: [1]),
        FieldRule("mirostat", neutral: [0]),
    ]
}
