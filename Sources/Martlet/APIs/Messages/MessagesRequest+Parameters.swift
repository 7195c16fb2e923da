internal import MartletJSON
internal import MartletOpenAI

extension MessagesRequest {
    /// The limit bounds the work for each byte of a reply. Clients of this API send more than the four of OpenAI's.
    static let maximumStopSequences = 64

    /// Every parameter of `POST /v1/messages`: Anthropic's, and an extension.
    static let parameters = ParameterTable<MessagesRequest>([
        .other("model", .enforced),
        // `MessagesConversation` reads these two, and `MessagesTools` the tools and their choice.
        .other("messages", .passedOn),
        .other("system", .passedOn),
        .other("max_tokens", .enforced) { $0.chat.maxTokens = try $1.integer(in: 1 ... .max) },
        .other("stream", .enforced) { $0.chat.stream = try $1.bool() },
        .other("stop_sequences", .enforced) { $0.chat.stop = try $1.stopSequences() },
        .other("temperature", .passedOn) { $0.chat.sampling.temperature = try $1.number(in: 0...1) },
        .other("top_p", .passedOn) { $0.chat.sampling.topP = try $1.number(in: 0...1) },
        .other("top_k", .passedOn) { $0.chat.sampling.topK = try $1.integer(in: 0 ... .max) },
        .other("tools", .gated(by: .tools, neutral: [[]])),
        .other("tool_choice", .gated(by: .toolChoice, neutral: [["type": "auto"], ["type": "none"]])),
        .other("thinking", .passedOn) { $0.thinking = try Thinking($1) },
        .other("output_config", .passedOn) { request, field in
            _ = try field.object()
            request.effort = try field.member("effort")?.word()
            if let format = field.member("format") { try request.demand(format) }
        },
        // The name that `output_config.format` had before.
        .other("output_format", .gated(by: .responseFormat)) { try $0.demand($1) },
        .other("metadata", .ignored) { request, field in
            _ = try field.object()
            request.userID = try field.member("user_id")?.string()
        },
        .other("service_tier", .ignored),
        .other("cache_control", .ignored),
        .other("context_management", .ignored),
        .other("diagnostics", .ignored),
        .other("inference_geo", .ignored),
        .other("speed", .ignored),
        .other("user_profile_id", .ignored),
        .other("workspace_id", .ignored),
        // In the body of requests to other clouds.
        .other("anthropic_version", .ignored),
        .other("anthropic_beta", .ignored),
        .other("betas", .ignored),
        .other("container", .gated(neutral: [[:], ""])),
        .other("thread", .gated()),
        .other("mcp_servers", .gated(neutral: [[]])),
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
