package import MartletJSON

extension ChatRequest {
    /// Reads and checks a body whose model has been resolved; the first fault is a 400 that names its `param`.
    package init(decoding body: JSONObject, model: String, capabilities: Capabilities) throws(OpenAIError) {
        let root = Field(body)
        let messages = try Self.messages(root, capabilities: capabilities)
        let fields = try GenerationFields(root, capabilities: capabilities)
        let maxTokens = try root.member("max_tokens")?.integer(in: 1 ... .max)
        let maxCompletionTokens = try root.member("max_completion_tokens")?.integer(in: 1 ... .max)
        try FieldRule.check(body, against: FieldRule.chat, capabilities: capabilities)
        self.init(
            model: model, messages: messages, stream: fields.stream,
            maxTokens: maxCompletionTokens ?? maxTokens, sampling: fields.sampling, stop: fields.stop, n: fields.n,
            body: body)
        streamOptions = fields.streamOptions
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
}
