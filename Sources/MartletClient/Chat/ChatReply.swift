public import MartletJSON
public import MartletOpenAI

/// A chat model's reply. Values that the server did not send are nil or empty.
public struct ChatReply: Sendable {
    /// One of the alternatives, of which there are `n`.
    public struct Choice: Sendable {
        public var index: Int
        /// The text, the reasoning, and the tool calls.
        public var message: ChatMessage
        /// Nil if the server did not send it.
        public var finishReason: FinishReason?
        /// Log-probabilities, as received.
        public var logprobs: JSONValue?
        /// The choice as received; for a stream, the members of its chunks without the text.
        public var json: JSONObject
    }

    /// The server's id for the reply.
    public var id = ""
    /// The model, as the server names it.
    public var model = ""
    /// Seconds since 1970.
    public var created: Int?
    /// In the order of their indices.
    public var choices: [Choice] = []
    /// Token counts, if the server sent them.
    public var usage: Usage?
    /// The complete body; for a stream, the members that its chunks share.
    public var json: JSONObject = [:]
    /// The HTTP response.
    public var response: ResponseInfo

    /// The first choice's message, to append to the conversation.
    public var message: ChatMessage { choices.first?.message ?? ChatMessage(role: .assistant, content: []) }
    /// The first choice's text.
    public var content: String { choices.first?.message.text ?? "" }
    /// The first choice's role.
    public var role: ChatRole { choices.first?.message.role ?? .assistant }
    /// The first choice's reasoning.
    public var reasoning: String? { choices.first?.message.reasoning }
    /// The first choice's tool calls.
    public var toolCalls: [ToolCall] { choices.first?.message.toolCalls ?? [] }
    /// The first choice's finish reason.
    public var finishReason: FinishReason? { choices.first?.finishReason }
    /// Whether the first choice has tool calls.
    public var hasToolCalls: Bool { !toolCalls.isEmpty }
    /// Whether the first choice has text and no tool calls.
    public var isTextOnly: Bool { !hasToolCalls && !content.isEmpty }

    init(response: ResponseInfo) { self.response = response }

    /// Decodes a response that is not streamed.
    ///
    /// - Parameters:
    ///   - reasoningTag: See `Client.reasoningTag`; nil leaves reasoning in the text.
    ///   - decoder: Reads the reply of the API.
    /// - Throws: `ClientError`, of reason `badResponse` if there are no choices.
    init(_ content: JSONResponse, reasoningTag: String?, decoder: any ReplyDecoder) throws(ClientError) {
        // It is folded like a stream of one chunk, so both are understood in the same way.
        var fold = ChatFold(response: content.info, keepsReply: true, reasoningTag: reasoningTag, decoder: decoder)
        if let error = fold.failure(in: .object(content.json)) { throw error }
        _ = fold.events(of: .object(content.json), named: "")
        _ = fold.finish()
        self = fold.replySoFar
        json = content.json
        for (place, element) in (json["choices"]?.array ?? []).enumerated() {
            let index = element.object?["index"]?.number?.int ?? place
            guard let own = choices.firstIndex(where: { $0.index == index }) else { continue }
            choices[own].json = element.object ?? [:]
        }
        if choices.isEmpty { throw response.error("response has no \(type(of: decoder).contentName)") }
    }
}

extension Usage {
    /// The sum. Counts that only one side knows are kept.
    static func + (left: Usage, right: Usage?) -> Usage {
        guard let right else { return left }
        let sum = { (left: Int?, right: Int?) in left == nil && right == nil ? nil : Usage.sum(left ?? 0, right ?? 0) }
        var usage = Usage(
            promptTokens: Usage.sum(left.promptTokens, right.promptTokens),
            completionTokens: Usage.sum(left.completionTokens, right.completionTokens),
            cachedTokens: sum(left.cachedTokens, right.cachedTokens))
        usage.reasoningTokens = sum(left.reasoningTokens, right.reasoningTokens)
        return usage
    }
}
