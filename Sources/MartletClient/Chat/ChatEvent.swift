public import MartletJSON
public import MartletOpenAI

/// One thing that a chat's stream tells.
public struct ChatEvent: Sendable {
    /// What it is.
    @nonexhaustive public enum Kind: Sendable, Equatable {
        /// The answer goes on by this; never empty.
        case text(String)
        /// The thoughts go on by this: `reasoning_content`, or `reasoning`.
        case reasoning(String)
        /// The model declines, in these words.
        case refusal(String)
        /// A call begins or goes on.
        case toolCall(ToolCallDelta)
        /// Log-probabilities, as they came.
        case logprobs(JSONValue)
        /// The choice is over.
        case finish(FinishReason)
        /// What the answer has cost; the last one holds.
        case usage(Usage)
        /// A chunk that tells nothing of the above: a role alone, or members that have no name here.
        case other
    }

    /// A piece of a call.
    public struct ToolCallDelta: Sendable, Equatable {
        /// Which call of the choice, from 0.
        public var place: Int
        /// The call so far.
        public var call: ToolCall
        /// What this piece adds to the arguments; they are text until the choice is over.
        public var arguments: String
    }

    /// What it is.
    public var kind: Kind
    /// Of which choice; 0 for what concerns all.
    public var choice: Int
    /// The whole chunk that told it, with members that have no name here.
    public var chunk: JSONObject
    /// Which chunk of the stream, from 0: two that are the same text are two.
    var number: Int

    /// The piece of the answer, if it is one of the first choice.
    public var text: String? {
        if case .text(let text) = kind, choice == 0 { text } else { nil }
    }
}

/// How a stream ended: always in exactly one of these ways.
public enum StreamEnding: Sendable {
    /// The answer is whole. The reason is the first choice's; nil from a server that says `[DONE]` and no reason.
    case finished(FinishReason?)
    /// The stream broke off without a reason or `[DONE]`: what came is a part, and no answer.
    case interrupted(ClientError)
    /// The server told an error, a timeout fired, or what came could not be read.
    case failed(ClientError)
    /// The reader left, or its task was cancelled.
    case cancelled
}
