public import MartletOpenAI

/// Callbacks of the tool loop. All are optional.
public struct ToolHooks: Sendable {
    /// A reply with tool calls; the last reply, which is text, is not one.
    public struct IntermediateMessage: Sendable {
        /// The message, as it is appended to the conversation.
        public var message: ChatMessage
        /// The prompt tokens of this round trip.
        public var inputTokens: Int
        /// The generated tokens of this round trip.
        public var outputTokens: Int

        /// The text beside the calls.
        public var content: String { message.text }
        public var toolCalls: [ToolCall] { message.toolCalls }
    }

    /// What happens with a call.
    public enum Decision: Sendable {
        /// The tool is called.
        case run
        /// The tool is not called; the model receives this text instead.
        case answer(String)
        /// The tool is not called, and the loop stops here. `Client.resume` continues it.
        case pause
    }

    /// Called for each reply with tool calls, before they are performed.
    public var onIntermediateMessage: (@Sendable (IntermediateMessage) async -> Void)?
    /// Called after `onIntermediateMessage`.
    public var onRoundTrip: (@Sendable () async -> Void)?
    /// Called before each tool. If it returns true, the tool is not called, and the loop stops after the calls of this
    /// reply.
    public var budgetExhausted: (@Sendable () async -> Bool)?
    /// Called before each call that the budget allows.
    public var beforeCall: (@Sendable (ToolCall) async -> Decision)?
    /// Called with the result of each call.
    public var afterCall: (@Sendable (ToolCall, _ result: String) async -> Void)?
    /// Called with each event of a streamed reply. If it throws, the stream is cancelled and the loop ends.
    public var onEvent: (@Sendable (ChatEvent) async throws -> Void)?
    /// What the model receives for a call that the budget did not allow.
    public var haltMessage = "The call was not made: the budget is used up. Answer with what you know."

    public init() {}
}
