package import MartletJSON

extension ChatRequest {
    /// Reads and checks a body whose model has been resolved; the first fault is a 400 that names its `param`.
    package init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let root = Field(body)
        let messages = try Self.messages(root, capabilities: capabilities)
        let fields = try GenerationFields(root, capabilities: capabilities)
        let maxTokens = try root.member("max_tokens")?.integer(in: 1 ... .max)
        let maxCompletionTokens = try root.member("max_completion_tokens")?.integer(in: 1 ... .max)
        self.init(
            model: model, messages: messages, stream: fields.stream, maxTokens: maxCompletionTokens ?? maxTokens,
            sampling: fields.sampling, stop: fields.stop, n: fields.n, body: body)
        streamOptions = fields.streamOptions
        returnsTokenIDs = fields.returnsTokenIDs
        topLogprobs = try Self.topLogprobs(root)
        try decodeTools(root, capabilities: capabilities)
        responseFormat = try ResponseFormat(root)
        try decodeTemplateFields(root)
        try sampling.checkMinTokens(against: self.maxTokens)
        try ParameterTable.chat.check(body, capabilities: capabilities)
    }

    private static func messages(_ root: Field, capabilities: Capabilities) throws(OpenAIError) -> [ChatMessage] {
        let field = try root.required("messages", "an array of at least one message")
        let elements = try field.elements("an array of messages")
        if elements.isEmpty { throw field.mustBe("an array of at least one message") }
        var messages: [ChatMessage] = []
        messages.reserveCapacity(elements.count)
        for element in elements { messages.append(try ChatMessage(element, capabilities: capabilities)) }
        return messages
    }

    private static func topLogprobs(_ root: Field) throws(OpenAIError) -> Int? {
        let isAsked = try root.member("logprobs")?.bool() ?? false
        guard let field = root.member("top_logprobs") else { return isAsked ? 0 : nil }
        let count = try field.integer(in: 0...20)
        if !isAsked, count > 0 {
            throw .invalidValue(
                "top_logprobs", "`top_logprobs` needs `logprobs` to be `true`; set it, or leave both out.")
        }
        return isAsked ? count : nil
    }

    private mutating func decodeTools(_ root: Field, capabilities: Capabilities) throws(OpenAIError) {
        tools = try ToolDefinition.decode(root)
        parallelToolCalls = try root.member("parallel_tool_calls")?.bool() ?? true
        guard let field = root.member("tool_choice") else { return }
        toolChoice = try ToolChoice(field)
        if tools.isEmpty, toolChoice != .none {
            throw .invalidValue(
                "tool_choice", "`tool_choice` needs `tools` to choose from; send them, or leave it out.")
        }
        switch toolChoice {
        case .none, .auto: return
        case .required: break
        case .function(let name):
            if !tools.contains(where: { $0.name == name }) {
                throw .invalidValue(
                    "tool_choice", "`tool_choice` names a tool that `tools` does not have; name one it has.")
            }
        }
        if !capabilities.contains(.toolChoice) {
            throw .unsupportedParameter(
                "tool_choice", "This model cannot be made to call a tool; set `tool_choice` to \"auto\" or \"none\".")
        }
    }

    /// An assistant's message that stands last is gone on with, as llama.cpp does, unless the client says otherwise.
    private mutating func decodeTemplateFields(_ root: Field) throws(OpenAIError) {
        if let field = root.member("reasoning_effort") {
            let effort = try field.string()
            if effort.isEmpty || effort.utf8.count > 64 {
                throw field.mustBe("\"none\", \"minimal\", \"low\", \"medium\", \"high\" or \"xhigh\"")
            }
            reasoningEffort = effort
        }
        chatTemplateKwargs = try root.member("chat_template_kwargs")?.object() ?? [:]
        let isPrefilled = messages.last.map { $0.role == .assistant && $0.toolCalls.isEmpty } ?? false
        let adds = try root.member("add_generation_prompt")?.bool()
        let continues = try root.member("continue_final_message")?.bool()
        if continues == true, adds == true {
            throw .invalidValue(
                "continue_final_message",
                "`continue_final_message` and `add_generation_prompt` exclude each other; leave one out.")
        }
        if continues == true, !isPrefilled {
            throw .invalidValue(
                "continue_final_message",
                "`continue_final_message` needs a last message of the assistant, without tool calls.")
        }
        continuesFinalMessage = continues ?? (isPrefilled && adds != true)
        addsGenerationPrompt = adds ?? !continuesFinalMessage
    }
}

extension SamplingParameters {
    func checkMinTokens(against maxTokens: Int?) throws(OpenAIError) {
        guard let maxTokens, minTokens > maxTokens else { return }
        throw .invalidValue("min_tokens", "`min_tokens` must be at most `max_tokens`, which is \(maxTokens).")
    }
}
