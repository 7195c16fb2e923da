internal import MartletJSON
internal import MartletOpenAI

/// A decoded `POST /v1/messages` or `/v1/messages/count_tokens`.
struct MessagesRequest: EndpointRequest {
    /// What `thinking` asks for.
    enum Thinking: Sendable {
        case disabled
        /// The model decides how much.
        case adaptive
        /// At most so many tokens.
        case budget(Int)
    }

    /// The same as a chat, which backends answer.
    var chat: ChatRequest
    /// Nil leaves it to the model.
    var thinking: Thinking?
    var effort: String?
    /// The id that the client has for its user.
    var userID: String?
    /// The types of the tools that only Anthropic's servers run. The model does not see them.
    let ignoredTools: [String]

    var body: JSONObject {
        get { chat.body }
        set { chat.body = newValue }
    }
    var context: RequestContext {
        get { chat.context }
        set { chat.context = newValue }
    }
    var unknownParameters: [String] {
        get { chat.unknownParameters }
        set { chat.unknownParameters = newValue }
    }

    /// Decodes and validates a body whose model has been resolved. The first error is a 400 with its `param`.
    ///
    /// - Parameter generates: Whether there is to be a reply, which needs `max_tokens`.
    init(
        decoding body: JSONObject, model: String, capabilities: Capabilities, generates: Bool = true
    ) throws(OpenAIError) {
        let root = Field(body)
        try Self.checkThread(root)
        let conversation = try MessagesConversation(root, capabilities: capabilities)
        let tools = try MessagesTools(root)
        chat = ChatRequest(model: model, messages: conversation.messages, body: tools.withoutIgnored(body))
        (chat.tools, chat.toolParameterNames) = (tools.definitions, tools.parameterNames)
        (chat.toolChoice, chat.parallelToolCalls) = (tools.choice, tools.allowsParallelCalls)
        ignoredTools = tools.ignored
        if generates { _ = try root.required("max_tokens", "the maximum number of tokens to generate") }
        try Self.parameters.read(into: &self, capabilities: capabilities)
        chat.continuesFinalMessage = conversation.isPrefilled
        chat.addsGenerationPrompt = !conversation.isPrefilled
        try checkThinking(root)
        try checkOutput(capabilities)
        if capabilities.contains(.reasoning) { settleThinking() }
        chat.body = chatBody
    }

    /// A request of a thread may lack what it needs, its history and tools, so that this error comes before all others.
    /// Anthropic's SDKs then send the whole conversation.
    private static func checkThread(_ root: Field) throws(OpenAIError) {
        guard let thread = root.member("thread") else { return }
        throw OpenAIError(
            status: 400, message: "`thread` is not supported: nothing is stored here. Send the whole conversation.",
            param: thread.path, code: MessagesErrors.unsupportedThread)
    }

    private func checkThinking(_ root: Field) throws(OpenAIError) {
        guard case .budget(let budget) = thinking, let limit = chat.maxTokens, budget >= limit,
            let field = root.member("thinking")?.member("budget_tokens")
        else { return }
        throw field.invalid(
            "`thinking.budget_tokens` must be less than `max_tokens`, which is \(limit), but it is \(budget).")
    }

    private func checkOutput(_ capabilities: Capabilities) throws(OpenAIError) {
        guard let output = chat.structuredOutput else { return }
        if !capabilities.contains(.responseFormat) {
            throw .unsupportedParameter(
                output.param, "`\(output.param)` is not supported by this model; leave it out.")
        }
        if chat.toolChoice == .auto || chat.toolChoice == .none { return }
        throw .invalidValue(
            output.param,
            "`\(output.param)` and a `tool_choice` that requires a call exclude each other; leave one of them out, or set "
                + "`tool_choice` to `{\"type\":\"auto\"}`.")
    }

    /// For a model that reasons. Others ignore `thinking` and `effort`, which clients send to any model.
    private mutating func settleThinking() {
        chat.reasoningEffort = effort
        switch thinking {
        case nil: break
        case .disabled:
            chat.chatTemplateKwargs["enable_thinking"] = false
            chat.reasoningEffort = "none"
        case .adaptive, .budget:
            chat.chatTemplateKwargs["enable_thinking"] = true
        }
    }

    /// The body that a chat completion would have beside the typed fields: what it names as this API does, and the user.
    private var chatBody: JSONObject {
        var result: JSONObject = ["stream": .bool(chat.stream)]
        for name in ["model", "temperature", "top_p", "top_k", "seed"] { result[name] = body[name] }
        if let userID { result["user"] = .string(userID) }
        return result
    }
}
