internal import MartletConstraint
internal import MartletJSON
internal import MartletOpenAI

/// The common parameters of chat completions and completions.
protocol GenerationRequest: EndpointRequest {
    var stream: Bool { get set }
    var streamOptions: StreamOptions { get set }
    var sampling: SamplingParameters { get set }
    var stop: [String] { get set }
    var n: Int { get set }
    var returnsTokenIDs: Bool { get set }
    var structuredOutput: StructuredOutput? { get set }
}

extension GenerationRequest {
    /// Throws a 400 if `min_tokens` exceeds the maximum number of tokens.
    func checkMinimumTokens(against maxTokens: Int?) throws(OpenAIError) {
        guard let maxTokens, sampling.minTokens > maxTokens else { return }
        throw .invalidValue(
            "min_tokens",
            "`min_tokens` must be at most \(maxTokens), the limit of the answer, but it is \(sampling.minTokens).")
    }

    /// Records what the text must be; nil has no effect. Throws a 400 if another parameter has said so too.
    mutating func demand(_ source: ConstraintSource?, by field: Field) throws(OpenAIError) {
        guard let source else { return }
        if let other = structuredOutput {
            throw field.invalid(
                "`\(other.param)` and `\(field.path)` both say what the text must be; leave one of them out.")
        }
        structuredOutput = StructuredOutput(source, param: field.path)
    }
}

extension ParameterTable where Request: GenerationRequest {
    /// OpenAI's parameters of both chat completions and completions.
    static var openAIGeneration: [Row] {
        [
            .openAI("model", .enforced),
            .openAI("stream", .enforced) { $0.stream = try $1.bool() },
            // Some clients also send it without `stream`; it then has no effect.
            .openAI("stream_options", .enforced) { request, field in
                if request.body["stream"] == true { request.streamOptions = try field.streamOptions() }
            },
            .openAI("temperature", .passedOn) { $0.sampling.temperature = try $1.number(in: 0...2) },
            .openAI("top_p", .passedOn) { $0.sampling.topP = try $1.number(in: 0...1) },
            .openAI("seed", .passedOn) { $0.sampling.seed = try $1.integer(in: .min ... .max) },
            .openAI("frequency_penalty", .passedOn) { $0.sampling.frequencyPenalty = try $1.number(in: -2...2) },
            .openAI("presence_penalty", .passedOn) { $0.sampling.presencePenalty = try $1.number(in: -2...2) },
            .openAI("logit_bias", .gated(by: .logitBias, neutral: [[:]])) {
                $0.sampling.logitBias = try $1.logitBias()
            },
            .openAI("stop", .enforced) { $0.stop = try $1.stopStrings() },
            .openAI("n", .gated(by: .choices, neutral: [1])) { $0.n = try $1.integer(in: 1...128) },
            .openAI("user", .ignored),
            .openAI("metadata", .ignored),
            .openAI("store", .ignored),
        ]
    }

    /// vLLM's parameters of both.
    static var vLLMGeneration: [Row] {
        [
            // -1 is an older value for all tokens.
            .vLLM("top_k", .passedOn) { $0.sampling.topK = max(0, try $1.integer(in: -1 ... .max)) },
            .vLLM("min_p", .passedOn) { $0.sampling.minP = try $1.number(in: 0...1) },
            // Values outside of this range destroy the distribution.
            .vLLM("repetition_penalty", .passedOn) {
                $0.sampling.repetitionPenalty = try $1.number(in: 0.01...100)
            },
            .vLLM("min_tokens", .passedOn) { $0.sampling.minTokens = try $1.integer(in: 0 ... .max) },
            .vLLM("ignore_eos", .passedOn) { $0.sampling.ignoresEndOfText = try $1.bool() },
            .vLLM("stop_token_ids", .enforced) { $0.sampling.stopTokenIDs = try $1.stopTokenIDs() },
            .vLLM("return_token_ids", .enforced) { $0.returnsTokenIDs = try $1.bool() },
            .vLLM("length_penalty", .gated(neutral: [1])),
            .vLLM("use_beam_search", .gated(neutral: [false])),
            .vLLM("bad_words", .gated(neutral: [[]])),
            .vLLM("allowed_token_ids", .gated(neutral: [[]])),
            .vLLM("include_stop_str_in_output", .gated(neutral: [false])),
            .vLLM("skip_special_tokens", .gated(neutral: [true])),
            .vLLM("spaces_between_special_tokens", .gated(neutral: [true])),
            .vLLM("truncate_prompt_tokens", .gated()),
            .vLLM("prompt_logprobs", .gated()),
            .vLLM("return_tokens_as_token_ids", .gated(neutral: [false])),
            .vLLM("logits_processors", .gated(neutral: [[]])),
            .vLLM("vllm_xargs", .gated(neutral: [[:]])),
            .vLLM("kv_transfer_params", .gated(neutral: [[:]])),
            // Scheduling and caching; no effect on the reply.
            .vLLM("priority", .ignored),
            .vLLM("cache_salt", .ignored),
            .vLLM("request_id", .ignored),
        ]
    }

    /// The parameters of both that say what the text must be, besides `response_format`.
    static var structuredOutput: [Row] {
        [
            .vLLM("structured_outputs", .gated(by: .responseFormat, neutral: [[:]])) { request, field in
                guard let demand = try field.structuredOutputs() else { return }
                try request.demand(demand.source, by: demand.by)
            },
            .vLLM("guided_json", .gated(by: .responseFormat)) {
                try $0.demand(.jsonSchema(.object($1.schemaOrText())), by: $1)
            },
            .vLLM("guided_regex", .gated(by: .responseFormat)) { try $0.demand(.regex($1.pattern()), by: $1) },
            .vLLM("guided_choice", .gated(by: .responseFormat, neutral: [[]])) {
                if $1.value != [] { try $0.demand($1.choices(), by: $1) }
            },
            .vLLM("guided_grammar", .gated(by: .responseFormat)) { try $0.demand(.gbnf($1.pattern()), by: $1) },
            .vLLM("guided_whitespace_pattern", .gated()),
            // All of its values mean the same constraint.
            .vLLM("guided_decoding_backend", .ignored),
            .llamaCPP("grammar", .gated(by: .responseFormat, neutral: [""])) {
                let grammar = try $1.string()
                if !grammar.isEmpty { try $0.demand(.gbnf(grammar), by: $1) }
            },
            .llamaCPP("grammar_lazy", .gated(neutral: [false])),
            .llamaCPP("grammar_triggers", .gated(neutral: [[]])),
            .llamaCPP("json_schema", .gated(by: .responseFormat)) { try $0.demand(Field.schema($1), by: $1) },
        ]
    }

    /// llama.cpp's parameters of both.
    static var llamaCPPGeneration: [Row] {
        [
            .llamaCPP("n_predict", .gated(neutral: [-1])),
            .llamaCPP("n_keep", .gated(neutral: [0])),
            .llamaCPP("n_probs", .gated(neutral: [0])),
            .llamaCPP("min_keep", .gated(neutral: [0])),
            .llamaCPP("post_sampling_probs", .gated(neutral: [false])),
            .llamaCPP("typical_p", .passedOn) { $0.sampling.typicalP = try $1.number(in: 0...1) },
            .llamaCPP("repeat_penalty", .gated(neutral: [1])),
            .llamaCPP("dynatemp_range", .gated(neutral: [0])),
            .llamaCPP("dry_multiplier", .gated(neutral: [0])),
            .llamaCPP("xtc_probability", .gated(neutral: [0])),
            .llamaCPP("top_n_sigma", .gated(neutral: [-1])),
            .llamaCPP("mirostat", .gated(neutral: [0])),
            .llamaCPP("samplers", .gated(neutral: [[]])),
            .llamaCPP("lora", .gated(neutral: [[]])),
            .llamaCPP("response_fields", .gated(neutral: [[]])),
            .llamaCPP("return_tokens", .gated(neutral: [false])),
            .llamaCPP("t_max_predict_ms", .gated(neutral: [0])),
            // These only tune what a gated parameter above enables.
            .llamaCPP("repeat_last_n", .ignored),
            .llamaCPP("dynatemp_exponent", .ignored),
            .llamaCPP("dry_base", .ignored),
            .llamaCPP("dry_allowed_length", .ignored),
            .llamaCPP("dry_penalty_last_n", .ignored),
            .llamaCPP("dry_sequence_breakers", .ignored),
            .llamaCPP("xtc_threshold", .ignored),
            .llamaCPP("mirostat_tau", .ignored),
            .llamaCPP("mirostat_eta", .ignored),
            // Scheduling, caching, and statistics beside the reply.
            .llamaCPP("cache_prompt", .ignored),
            .llamaCPP("id_slot", .ignored),
            .llamaCPP("timings_per_token", .ignored),
            .llamaCPP("return_progress", .ignored),
        ]
    }
}
