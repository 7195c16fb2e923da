public import MartletJSON
public import MartletOpenAI

extension Client {
    /// A chat request as a value, which can be stored, compared and sent again. It names no server: the `Client` that
    /// sends it does, and adds its own model and system prompt.
    public struct ChatRequest: Sendable, Equatable {
        /// Nil for the client's model.
        public var model: String?
        /// The conversation.
        public var messages: [ChatMessage]
        /// Functions that the model may call.
        public var tools: [ToolDefinition]
        /// Whether the model must, may or must not call them.
        public var toolChoice: ToolChoice?
        /// Whether one reply may contain several calls.
        public var parallelToolCalls: Bool?
        /// The format of the reply, such as a JSON Schema.
        public var responseFormat: ResponseFormat?
        /// How much the model reasons before it replies.
        public var thinking: Thinking?
        /// The beginning of the reply, which the model continues. White space alone counts as nil.
        public var prefill: String?
        /// Images for the last user message.
        public var images: [ImageAttachment] = []
        /// Whether `runTools` streams its replies. `chat` and `stream` ignore it.
        public var stream = false
        /// Sampling parameters and limits.
        public var options: GenerationOptions

        public init(
            messages: [ChatMessage], model: String? = nil, tools: [ToolDefinition] = [],
            options: GenerationOptions = GenerationOptions()
        ) {
            (self.messages, self.model, self.tools, self.options) = (messages, model, tools, options)
        }

        /// A request with the most common options.
        public init(
            messages: [ChatMessage], model: String? = nil, tools: [ToolDefinition] = [], temperature: Double? = nil,
            maxTokens: Int? = nil, thinking: Thinking? = nil, responseFormat: ResponseFormat? = nil,
            prefill: String? = nil, images: [ImageAttachment] = [], stream: Bool = false
        ) {
            self.init(
                messages: messages, model: model, tools: tools,
                options: GenerationOptions(temperature: temperature, maxTokens: maxTokens))
            (self.thinking, self.responseFormat, self.prefill) = (thinking, responseFormat, prefill)
            (self.images, self.stream) = (images, stream)
        }
    }
}

extension Client.ChatRequest {
    /// What depends on the client and the server.
    struct Rendering {
        var model: String
        var systemPrompt: String?
        var isStreamed: Bool
        var includesUsage: Bool
        var thinks: Bool
        /// Whether assistant messages include their reasoning.
        var sendsReasoning: Bool
    }

    /// The messages with the images and the client's system prompt, without the prefill.
    ///
    /// - Throws: `ClientError` of reason `formatError` for an image that cannot be read.
    func conversation(systemPrompt: String?) throws(ClientError) -> [ChatMessage] {
        var messages = messages
        if !images.isEmpty { try attachImages(to: &messages) }
        if let systemPrompt, !systemPrompt.isEmpty { messages.insert(.system(systemPrompt), at: 0) }
        return messages
    }

    /// The prefill unless it is blank.
    var sentPrefill: String? { prefill?.trimmed.isEmpty == false ? prefill : nil }

    /// The same request with its images in the last user message.
    func withImagesInMessages() throws(ClientError) -> Self {
        var request = self
        if !images.isEmpty { try attachImages(to: &request.messages) }
        request.images = []
        return request
    }

    private func attachImages(to messages: inout [ChatMessage]) throws(ClientError) {
        guard let last = messages.lastIndex(where: { $0.role == .user }) else {
            throw ClientError(.formatError, "build request: there is no user message for the images.")
        }
        for image in images { messages[last].content.append(try image.part()) }
    }

    /// Members that all servers with OpenAI's chat completions spell alike.
    func writeMembers(into body: inout JSONObject) {
        options.write(into: &body)
        if let topLogprobs = options.topLogprobs {
            body["logprobs"] = true
            body["top_logprobs"] = .number(JSONNumber(topLogprobs))
        }
        if !tools.isEmpty { body["tools"] = .array(tools.map { .object($0.json) }) }
        if let toolChoice { body["tool_choice"] = toolChoice.json }
        if let parallelToolCalls { body["parallel_tool_calls"] = .bool(parallelToolCalls) }
        if let responseFormat { body["response_format"] = .object(responseFormat.json) }
        for (name, value) in options.extra where body[name] == nil { body[name] = value }
    }
}

// MARK: JSON

extension Client.ChatRequest: Codable {
    /// The request as JSON: OpenAI's members, and in addition `thinking`, `prefill` and `images`.
    public var json: JSONObject {
        var object: JSONObject = [:]
        if let model { object["model"] = .string(model) }
        object["messages"] = .array(messages.map { .object($0.json) })
        writeMembers(into: &object)
        if let thinking { object["thinking"] = .object(thinking.json) }
        if let prefill { object["prefill"] = .string(prefill) }
        if !images.isEmpty { object["images"] = .array(images.map(\.json)) }
        if stream { object["stream"] = true }
        return object
    }

    /// Reads the format of `json`, and any OpenAI request body. Unknown members are kept in `options.extra`, and so are
    /// choices of tools and formats of other kinds than the typed ones.
    public init(json: JSONObject) {
        var rest = json
        let messages = (rest.take("messages")?.array ?? []).compactMap { $0.object.flatMap(ChatMessage.init(json:)) }
        self.init(messages: messages, options: GenerationOptions(taking: &rest))
        model = rest.take("model")?.string
        tools = (rest.take("tools")?.array ?? []).compactMap { $0.object.flatMap(ToolDefinition.init(json:)) }
        toolChoice = rest["tool_choice"].flatMap(ToolChoice.init(json:))
        if toolChoice != nil { rest["tool_choice"] = nil }
        parallelToolCalls = rest.take("parallel_tool_calls")?.bool
        responseFormat = rest["response_format"]?.object.flatMap(ResponseFormat.init(json:))
        if responseFormat != nil { rest["response_format"] = nil }
        thinking = rest.take("thinking")?.object.map(Thinking.init(json:))
        prefill = rest.take("prefill")?.string
        images = (rest.take("images")?.array ?? []).compactMap(ImageAttachment.init(json:))
        stream = rest.take("stream")?.bool ?? false
        let count = rest.take("top_logprobs")?.number?.int
        if rest.take("logprobs")?.bool == true { options.topLogprobs = count ?? 0 }
        options.extra = rest
    }

    public init(from decoder: any Decoder) throws {
        guard let object = try JSONValue(from: decoder).object else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "A chat request is a JSON object."))
        }
        self.init(json: object)
    }

    public func encode(to encoder: any Encoder) throws { try JSONValue.object(json).encode(to: encoder) }
}
