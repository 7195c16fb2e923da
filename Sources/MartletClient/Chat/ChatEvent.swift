public import MartletJSON
public import MartletOpenAI

/// One event of a chat stream.
public struct ChatEvent: Sendable {
    @nonexhaustive public enum Kind: Sendable, Equatable {
        /// More text; never empty.
        case text(String)
        /// More reasoning, from `reasoning_content` or `reasoning`.
        case reasoning(String)
        /// The text with which the model refuses.
        case refusal(String)
        /// A piece of a tool call.
        case toolCall(ToolCallDelta)
        /// Log-probabilities, as received.
        case logprobs(JSONValue)
        /// The choice is finished.
        case finish(FinishReason)
        /// Token counts; a later event replaces an earlier one.
        case usage(Usage)
        /// A chunk without any of the above, such as a role alone.
        case other
    }

    /// A piece of a tool call.
    public struct ToolCallDelta: Sendable, Equatable {
        /// The position of the call in its choice, from 0.
        public var index: Int
        /// The call so far.
        public var call: ToolCall
        /// What this piece adds to the arguments, which are complete JSON only when the choice is finished.
        public var arguments: String
    }

    public var kind: Kind
    /// The index of the choice; 0 for events that concern all of them.
    public var choice: Int
    /// The complete chunk, with members that have no property here.
    public var chunk: JSONObject
    /// The position of the chunk in the stream, from 0. Events of one chunk share it.
    var number: Int

    /// The text, if it belongs to the first choice.
    public var text: String? {
        if case .text(let text) = kind, choice == 0 { text } else { nil }
    }
}

/// How a stream ended: in exactly one of these ways.
public enum StreamEnding: Sendable {
    /// The reply is complete. The reason is the first choice's; nil if the server sent `[DONE]` without one.
    case finished(FinishReason?)
    /// The stream broke off without a finish reason or `[DONE]`: the reply is incomplete.
    case interrupted(ClientError)
    /// The server sent an error, a timeout fired, or the stream could not be read.
    case failed(ClientError)
    /// The reader stopped, or its task was cancelled.
    case cancelled
}
