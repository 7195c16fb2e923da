public import MartletOpenAI

/// What happens around a loop of model and tools. Everything may be left out.
public struct ToolHooks: Sendable {
    /// An answer of the model that makes calls: not its last one, which is text.
    public struct IntermediateMessage: Sendable {
        /// The message, as it goes into the conversation.
        public var message: ChatMessage
        /// What the round-trip cost.
        public var inputTokens: Int
        /// What the model generated.
        public var outputTokens: Int

        /// What the model said besides.
        public var content: String { message.text }
        /// The calls.
        public var toolCalls: [ToolCall] { message.toolCalls }
    }

    /// What becomes of a call.
    public enum Decision: Sendable {
        /// The tool is called.
        case run
        /// It is not, and the model is told this.
        case answer(String)
        /// It is not, and the loop stops here; it can be resumed.
        case pause
    }

    /// Once for each answer that makes calls, before these are made.
    public var onIntermediateMessage: (@Sendable (IntermediateMessage) async -> Void)?
    /// Once for each such answer.
    public var onRoundTrip: (@Sendable () async -> Void)?
    /// Asked before each tool. True: it is not called, and the loop stops after the calls of this answer.
    public var budgetExhausted: (@Sendable () async -> Bool)?
    /// Asked before each call that the budget allows.
    public var beforeCall: (@Sendable (ToolCall) async -> Decision)?
    /// Told what came of a call.
    public var afterCall: (@Sendable (ToolCall, _ result: String) async -> Void)?
    /// Told each event of a request that streams. What it throws cancels the stream and ends the loop.
    public var onEvent: (@Sendable (ChatEvent) async throws -> Void)?
    /// What the model is told of a call that the budget did not allow.
    public var haltMessage = "The call was not made: the budget is used up. Answer with what you know."

    /// No hooks.
    public init() {}
}
