internal import MartletJSON
internal import MartletOpenAI

extension MessagesRequest {
    /// The limit bounds the work for each byte of a reply. Clients of this API send more than the four of OpenAI's.
    static let maximumStopSequences = 64

    /// Every parameter of `POST /v1/messages`.
    static let parameters = ParameterTable<MessagesRequest>([
        .anthropic("model", .enforced),
        // `MessagesConversation` reads these two, and `MessagesTools` the tools and their choice.
        .anthropic("messages", .passedOn),
        .anthropic("system", .passedOn),
        .anthropic("max_tokens", .enforced) { $0.chat.maxTokens = try $1.integer(in: 1 ... .max) },
        .anthropic("stream", .enforced) { $0.chat.stream = try $1.bool() },
        .anthropic("stop_sequences", .enforced) { $0.chat.stop = try $1.stopSequences() },
        .anthropic("temperature", .passedOn) { $0.chat.sampling.temperature = try $1.number(in: 0...1) },
        .anthropic("top_p", .passedOn) { $0.chat.sampling.topP = try $1.number(in: 0...1) },
        .anthropic("top_k", .passedOn) { $0.chat.sampling.topK = try $1.integer(in: 0 ... .max) },
        .anthropic("tools", .gated(by: .tools, neutral: [[]])),
        .anthropic("tool_choice", .gated(by: .toolChoice, neutral: [["type": "auto"], ["type": "none"]])),
        .anthropic("thinking", .passedOn) { $0.thinking = try Thinking($1) },
        .anthropic("output_config", .passedOn) { request, field in
            _ = try field.object()
            request.effort = try field.member("effort")?.word()
            if let format = field.member("format") { try request.demand(format) }
        },
        // The name that `output_config.format` had before.
        .anthropic("output_format", .gated(by: .responseFormat)) { try $0.demand($1) },
        .anthropic("metadata", .ignored) { request, field in
            _ = try field.object()
            request.userID = try field.member("user_id")?.string()
        },
        .anthropic("service_tier", .ignored),
        .anthropic("cache_control", .ignored),
        .anthropic("context_management", .ignored),
        .anthropic("diagnostics", .ignored),
        .anthropic("inference_geo", .ignored),
        .anthropic("speed", .ignored),
        .anthropic("user_profile_id", .ignored),
        .anthropic("workspace_id", .ignored),
        // In the body of requests to other clouds.
        .anthropic("anthropic_version", .ignored),
        .anthropic("anthropic_beta", .ignored),
        .anthropic("betas", .ignored),
        .anthropic("container", .gated(neutral: [[:], ""])),
        .anthropic("thread", .gated()),
        .anthropic("mcp_servers", .gated(neutral: [[]])),
        .openAI("seed", .passedOn) { $0.chat.sampling.seed = try $1.integer(in: .min ... .max) },
    ])

    /// Records what the text must be. Throws a 400 if both names of the parameter say so.
    private mutating func demand(_ format: Field) throws(OpenAIError) {
        _ = try format.object()
        let type = try format.required("type", "\"json_schema\"")
        if try type.string() != "json_schema" { throw type.mustBe("\"json_schema\"") }
        let schema = try format.required("schema", "the JSON Schema of the reply, an object")
        try chat.demand(Field.schema(schema), by: format)
    }
}

extension MessagesRequest.Thinking {
    fileprivate init(_ field: Field) throws(OpenAIError) {
        _ = try field.object()
        let types = "\"enabled\", \"adaptive\" or \"disabled\""
        let type = try field.required("type", types)
        switch try type.string() {
        case "disabled": self = .disabled
        case "adaptive", "between_tools": self = .adaptive
        case "enabled":
            let budget = try field.required("budget_tokens", "the most tokens of thinking, at least 1024")
            self = .budget(try budget.integer(in: 1024 ... .max))
        default: throw type.mustBe(types)
        }
    }
}

extension Field {
    fileprivate func stopSequences() throws(OpenAIError) -> [String] {
        let fields = try elements("an array of strings")
        let limit = MessagesRequest.maximumStopSequences
        if fields.count > limit {
            throw invalid("`\(path)` must have at most \(limit) strings, but it has \(fields.count).")
        }
        var strings: [String] = []
        for field in fields { strings.append(try field.stopString()) }
        return strings
    }
}
