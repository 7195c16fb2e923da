/// The optional features that a model supports. A request that needs a missing one gets 400 before it reaches the
/// backend.
public struct Capabilities: OptionSet, Sendable, Hashable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Tool definitions, and `tool_choice` `auto` and `none`.
    public static let tools = Capabilities(rawValue: 1 << 0)
    /// `tool_choice` `required`, a tool's name or `allowed_tools`. The arguments of calls are what
    /// `ChatRequest.toolArguments` says.
    public static let toolChoice = Capabilities(rawValue: 1 << 1)
    /// `n` above 1: several choices for one prompt.
    public static let choices = Capabilities(rawValue: 1 << 2)
    /// `logprobs` and `top_logprobs`.
    public static let logprobs = Capabilities(rawValue: 1 << 3)
    /// `echo`: the reply starts with the prompt's tokens, with log-probabilities if the request asks for them.
    public static let echo = Capabilities(rawValue: 1 << 4)
    /// `response_format` other than `text`, and its extensions: the text is what `structuredOutput` says.
    public static let responseFormat = Capabilities(rawValue: 1 << 5)
    /// `logit_bias`.
    public static let logitBias = Capabilities(rawValue: 1 << 6)
    /// `suffix`: filling in the middle.
    public static let suffix = Capabilities(rawValue: 1 << 7)
    /// Images in messages.
    public static let images = Capabilities(rawValue: 1 << 8)
    /// Audio in messages and replies.
    public static let audio = Capabilities(rawValue: 1 << 9)
    /// Files in messages.
    public static let files = Capabilities(rawValue: 1 << 10)
    /// `dimensions` below the model's own length. Only for models that are trained so that the beginning of a vector is
    /// an embedding too (Matryoshka); the server shortens the vectors and normalizes them to length 1.
    public static let dimensions = Capabilities(rawValue: 1 << 11)
    /// `best_of` above `n`: more choices are generated than returned, and the likeliest are returned.
    public static let bestOf = Capabilities(rawValue: 1 << 12)
    /// Reasoning before the reply, if a request asks for it. Some APIs list it and refuse such requests without it.
    public static let reasoning = Capabilities(rawValue: 1 << 13)
}
