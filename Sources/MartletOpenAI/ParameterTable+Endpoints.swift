import MartletJSON

extension ParameterTable {
    /// `POST /v1/chat/completions`.
    package static let chat = ParameterTable(
        [
            Parameter("messages", .enforced),
            Parameter("max_completion_tokens", .enforced),
        ],
        generation,
        [
            Parameter("logprobs", .needs(.logprobs), neutral: [false]),
            Parameter("top_logprobs", .needs(.logprobs), neutral: [0]),
            Parameter("tools", .needs(.tools)),
            Parameter("tool_choice", .needs(.tools), neutral: ["none"]),
            Parameter("parallel_tool_calls", .enforced),
            Parameter("reasoning_effort", .passedOn),
            Parameter("modalities", .needs(.audio), neutral: [["text"]]),
            Parameter("audio", .needs(.audio)),
            Parameter("functions", .refused),
            Parameter("function_call", .refused, neutral: ["none", "auto"]),
            Parameter("prediction", .refused),
            Parameter("web_search_options", .refused),
            Parameter("moderation", .refused),
            Parameter("verbosity", .ignored),
            // vLLM
            Parameter("continue_final_message", .passedOn),
            Parameter("add_generation_prompt", .passedOn),
            Parameter("chat_template_kwargs", .passedOn),
            Parameter("echo", .refused, neutral: [false]),
            Parameter("add_special_tokens", .refused, neutral: [false]),
            Parameter("chat_template", .refused),
            Parameter("documents", .refused),
            Parameter("mm_processor_kwargs", .refused),
        ])

    /// `POST /v1/completions`.
    package static let completions = ParameterTable(
        [
            Parameter("prompt", .enforced)
        ],
        generation,
        [
            Parameter("logprobs", .needs(.logprobs), neutral: [false]),
            Parameter("echo", .needs(.echo), neutral: [false]),
            Parameter("suffix", .needs(.suffix), neutral: [""]),
            Parameter("best_of", .refused, neutral: [1, 0], sameAs: "n"),
            // vLLM
            Parameter("add_special_tokens", .refused, neutral: [true]),
        ])

    /// `POST /v1/embeddings`.
    package static let embeddings = ParameterTable(
        [
            Parameter("model", .enforced),
            Parameter("input", .enforced),
            Parameter("encoding_format", .enforced),
            Parameter("dimensions", .needs(.dimensions)),
        ],
        withoutEffect,
        [
            // vLLM
            Parameter("messages", .refused),
            Parameter("truncate_prompt_tokens", .refused),
        ])

    /// `POST /tokenize`, which takes all of a chat too.
    package static let tokenize = ParameterTable(
        chat.parameters,
        [
            Parameter("prompt", .enforced),
            Parameter("content", .enforced),
            Parameter("parse_special", .enforced),
            Parameter("return_token_strs", .enforced),
            Parameter("with_pieces", .enforced),
            Parameter("add_special", .ignored),
        ])

    /// `POST /detokenize`.
    package static let detokenize = ParameterTable([
        Parameter("model", .enforced),
        Parameter("tokens", .enforced),
    ])

    /// What chat and plain completions share.
    private static let generation =
        [
            Parameter("model", .enforced),
            Parameter("max_tokens", .enforced),
            Parameter("n", .needs(.choices), neutral: [1]),
            Parameter("stop", .enforced),
            Parameter("stream", .enforced),
            Parameter("stream_options", .enforced),
            Parameter("temperature", .passedOn),
            Parameter("top_p", .passedOn),
            Parameter("seed", .passedOn),
            Parameter("frequency_penalty", .passedOn),
            Parameter("presence_penalty", .passedOn),
            Parameter("logit_bias", .needs(.logitBias)),
            Parameter("response_format", .needs(.responseFormat), neutral: [["type": "text"]]),
            // vLLM and llama.cpp
            Parameter("top_k", .passedOn),
            Parameter("min_p", .passedOn),
            Parameter("repetition_penalty", .passedOn),
            Parameter("ignore_eos", .passedOn),
            Parameter("min_tokens", .passedOn),
            Parameter("stop_token_ids", .enforced),
            Parameter("return_token_ids", .enforced),
            Parameter("length_penalty", .refused, neutral: [1]),
            Parameter("bad_words", .refused),
            Parameter("allowed_token_ids", .refused),
            Parameter("use_beam_search", .refused, neutral: [false]),
            Parameter("include_stop_str_in_output", .refused, neutral: [false]),
            Parameter("skip_special_tokens", .refused, neutral: [true]),
            Parameter("spaces_between_special_tokens", .refused, neutral: [true]),
            Parameter("truncate_prompt_tokens", .refused),
            Parameter("prompt_logprobs", .refused),
            Parameter("return_tokens_as_token_ids", .refused, neutral: [false]),
            Parameter("structured_outputs", .refused),
            Parameter("guided_json", .refused),
            Parameter("guided_regex", .refused),
            Parameter("guided_choice", .refused),
            Parameter("guided_grammar", .refused),
            Parameter("grammar", .refused, neutral: [""]),
            Parameter("json_schema", .refused),
            Parameter("typical_p", .refused, neutral: [1]),
            Parameter("mirostat", .refused, neutral: [0]),
        ] + withoutEffect

    /// What says who asks, and how it is billed, stored or routed.
    private static let withoutEffect = [
        Parameter("user", .ignored),
        Parameter("metadata", .ignored),
        Parameter("store", .ignored),
        Parameter("service_tier", .ignored),
        Parameter("safety_identifier", .ignored),
        Parameter("prompt_cache_key", .ignored),
        Parameter("prompt_cache_retention", .ignored),
        Parameter("prompt_cache_options", .ignored),
        // llama.cpp, vLLM: how the server's own caches are used
        Parameter("cache_prompt", .ignored),
        Parameter("cache_salt", .ignored),
        Parameter("id_slot", .ignored),
        Parameter("priority", .ignored),
        Parameter("request_id", .ignored),
    ]
}
