public import MartletJSON
public import MartletOpenAI

/// An answer of a chat model. Whatever the server did not say is nil or empty, and never made up.
public struct ChatReply: Sendable {
    /// One of the answers.
    public struct Choice: Sendable {
        /// Which of them.
        public var index: Int
        /// What the assistant said and thought, and the calls it makes.
        public var message: ChatMessage
        /// Why it ended; nil if the server does not say.
        public var finishReason: FinishReason?
        /// The tokens' log-probabilities, as they came.
        public var logprobs: JSONValue?
        /// The choice as it came; of a stream, what its chunks held besides text.
        public var json: JSONObject
    }

    /// The server's name of the answer.
    public var id = ""
    /// The model that answered, in the server's words.
    public var model = ""
    /// When, in seconds since 1970.
    public var created: Int?
    /// The answers, in the order of their numbers.
    public var choices: [Choice] = []
    /// What it cost, if the server says.
    public var usage: Usage?
    /// The whole body, or what the chunks of a stream had in common.
    public var json: JSONObject = [:]
    /// The response.
    public var response: ResponseInfo

    /// The message of the first choice, which goes into the conversation.
    public var message: ChatMessage { choices.first?.message ?? ChatMessage(role: .assistant, content: []) }
    /// The text of the first choice.
    public var content: String { choices.first?.message.text ?? "" }
    /// The role of the first choice.
    public var role: ChatRole { choices.first?.message.role ?? .assistant }
    /// What was thought before the first choice.
    public var reasoning: String? { choices.first?.message.reasoning }
    /// The calls of the first choice.
    public var toolCalls: [ToolCall] { choices.first?.message.toolCalls ?? [] }
    /// Why the first choice ended.
    public var finishReason: FinishReason? { choices.first?.finishReason }
    /// Whether the first choice makes calls.
    public var hasToolCalls: Bool { !toolCalls.isEmpty }
    /// Whether it is text and nothing else.
    public var isTextOnly: Bool { !hasToolCalls && !content.isEmpty }

    init(response: ResponseInfo) { self.response = response }

    /// Reads a whole reply.
    ///
    /// - Parameter thoughtTag: See `Client.thoughtTag`; nil leaves thoughts in the text.
    /// - Throws: `ClientError` of reason `badResponse` for what is none.
    init(reading whole: WholeResponse, thoughtTag: String?) throws(ClientError) {
        // A whole reply is read as a stream of one chunk: what the one understands, the other does.
        var fold = ChunkFold(response: whole.info, keepsReply: true, thoughtTag: thoughtTag)
        _ = fold.events(of: whole.json)
        _ = fold.finish()
        self = fold.replySoFar
        json = whole.json
        for (place, element) in (json["choices"]?.array ?? []).enumerated() {
            let index = element.object?["index"]?.number?.int ?? place
            guard let own = choices.firstIndex(where: { $0.index == index }) else { continue }
            choices[own].json = element.object ?? [:]
        }
        if choices.isEmpty { throw response.error("response has no choices") }
    }
}

extension Usage {
    /// Both together; what one does not know counts for nothing.
    static func + (left: Usage, right: Usage?) -> Usage {
        guard let right else { return left }
        let sum = { (left: Int?, right: Int?) in left == nil && right == nil ? nil : (left ?? 0) + (right ?? 0) }
        var usage = Usage(
            promptTokens: left.promptTokens + right.promptTokens,
            completionTokens: left.completionTokens + right.completionTokens,
            cachedTokens: sum(left.cachedTokens, right.cachedTokens))
        usage.reasoningTokens = sum(left.reasoningTokens, right.reasoningTokens)
        return usage
    }
}
