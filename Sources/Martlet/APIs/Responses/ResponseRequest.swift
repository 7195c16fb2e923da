internal import MartletConstraint
internal import MartletJSON
internal import MartletOpenAI

/// A decoded and validated `POST /v1/responses`, and the chat that it asks for.
struct ResponseRequest: EndpointRequest {
    /// What the backend gets. Its body is that of the corresponding chat completion.
    var chat: ChatRequest
    var tools = ResponseTools()
    var instructions: String?
    /// As the client wrote it; nil for the default, `auto`.
    var toolChoice: JSONValue?
    var textFormat: JSONObject = ["type": "text"]
    var verbosity: String?
    var reasoning = ReasoningOptions()
    var include: Set<String> = []
    var topLogprobs = 0
    var maxToolCalls: Int?
    var metadata: JSONObject = [:]
    /// Whether the oldest messages may be left out of a conversation that is too long.
    var isTruncated = false
    /// Returned as they are.
    var user: String?
    var safetyIdentifier: String?
    var promptCacheKey: String?
    /// What is kept with the response; nil if it is not stored.
    var storage: ResponseStorage?
    var previousResponseID: String?
    /// Whether the response is generated without its client.
    var isBackground = false
    /// Whether the server can store responses.
    let hasStore: Bool
    private var original: JSONObject

    /// What `reasoning` asks for.
    struct ReasoningOptions: Sendable {
        var effort: String?
        /// `auto`, `concise` or `detailed`; nil for no summary.
        var summary: String?
    }

    var context: RequestContext {
        get { chat.context }
        set { chat.context = newValue }
    }
    var unknownParameters: [String] {
        get { chat.unknownParameters }
        set { chat.unknownParameters = newValue }
    }
    /// Setting it also frees the body of the chat.
    var body: JSONObject {
        get { original }
        set { (original, chat.body) = (newValue, [:]) }
    }

    var encryptsReasoning: Bool { include.contains("reasoning.encrypted_content") }

    /// Decodes and validates a body whose model has been resolved. The first error is a 400, or a 404 for an item that would
    /// have to be stored, with its `param`.
    ///
    /// - Parameter storage: What is stored before and with the response, if the server stores responses.
    init(
        decoding body: JSONObject, model: String, capabilities: Capabilities, storage: ResponseStorage? = nil
    ) throws(OpenAIError) {
        let root = Field(body)
        chat = ChatRequest(model: model, messages: [])
        original = body
        hasStore = storage != nil
        self.storage = storage?.isWanted == true ? storage : nil
        let input = try ResponseInput(root, storage: storage, capabilities: capabilities)
        try Self.parameters.read(into: &self, capabilities: capabilities)
        chat.messages = (instructions.map { [.system($0)] } ?? []) + input.messages
        try checkTools(root, capabilities: capabilities)
        try checkText(root, capabilities: capabilities)
        try chat.checkRequiredCall()
        try checkBackground(root)
        chat.body = chatBody
    }

    // MARK: Checks

    private mutating func checkTools(_ root: Field, capabilities: Capabilities) throws(OpenAIError) {
        (chat.tools, chat.toolParameterNames) = (tools.definitions, tools.parameterNames)
        if !chat.tools.isEmpty, !capabilities.contains(.tools) {
            throw .unsupportedParameter("tools", "`tools` is not supported by this model; leave it out.")
        }
        try chat.checkStrictTools()
        guard let field = root.member("tool_choice") else { return }
        let choice = try ResponseToolChoice(field, among: tools)
        (chat.toolChoice, chat.allowedTools) = (choice.mode, choice.allowed)
        toolChoice = field.value
    }

    private mutating func checkText(_ root: Field, capabilities: Capabilities) throws(OpenAIError) {
        if chat.structuredOutput != nil, !capabilities.contains(.responseFormat) {
            throw .unsupportedParameter(
                "text.format",
                "`text.format` is not supported by this model; leave it out or send `{\"type\":\"text\"}`.")
        }
        guard include.contains("message.output_text.logprobs") || topLogprobs > 0 else { return }
        if !capabilities.contains(.logprobs) {
            throw .unsupportedParameter(
                "include", "Log-probabilities are not supported by this model; leave them out of `include`.")
        }
        chat.topLogprobs = topLogprobs
    }

    private func checkBackground(_ root: Field) throws(OpenAIError) {
        guard isBackground, storage == nil, let field = root.member("store") else { return }
        throw field.invalid("`background` needs the response to be stored; leave `store` out, or set it to `true`.")
    }

    // MARK: The chat

    /// The members of a chat completion that `chat` has no typed field for, or whose presence matters to the servers that a
    /// backend may send it to.
    private var chatBody: JSONObject {
        var body: JSONObject = [:]
        for name in [
            "model", "temperature", "top_p", "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
            "service_tier", "parallel_tool_calls",
        ] {
            body[name] = original[name]
        }
        body["verbosity"] = verbosity.map { .string($0) }
        if let names = chat.allowedTools {
            let tools = names.sorted().map {
                JSONValue.object(["type": "function", "function": ["name": .string($0)]])
            }
            let mode: JSONValue = chat.toolChoice == .required ? "required" : "auto"
            body["tool_choice"] = ["type": "allowed_tools", "allowed_tools": ["mode": mode, "tools": .array(tools)]]
        }
        if textFormat["type"] == "json_schema" {
            var schema = textFormat
            schema["type"] = nil
            body["response_format"] = ["type": "json_schema", "json_schema": .object(schema)]
        } else if textFormat["type"] == "json_object" {
            body["response_format"] = .object(textFormat)
        }
        return body
    }
}
