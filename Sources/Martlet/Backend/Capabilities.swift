/// What a model can do beyond plain text. A request that asks for more is refused before it reaches the backend.
public struct Capabilities: OptionSet, Sendable, Hashable {
    /// One bit for each capability.
    public let rawValue: UInt64

    /// The capabilities of these bits.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Tool definitions, and `tool_choice` `auto` and `none`.
    public static let tools = Capabilities(rawValue: 1 << 0)
    /// `tool_choice` `required`, or a tool's name.
    public static let toolChoice = Capabilities(rawValue: 1 << 1)
    /// Several choices for one prompt: `n` above 1.
    public static let choices = Capabilities(rawValue: 1 << 2)
    /// `logprobs` and `top_logprobs`.
    public static let logprobs = Capabilities(rawValue: 1 << 3)
    /// `echo`: the prompt's tokens, scored where log-probabilities are asked for.
    public static let echo = Capabilities(rawValue: 1 << 4)
    /// `response_format` other than text.
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
    /// `dimensions` below the model's own: the first numbers of a vector, brought back to length 1 by the server, are an
    /// embedding too, as of models trained for it (Matryoshka).
    public static let dimensions = Capabilities(rawValue: 1 << 11)
    /// `best_of` above `n`: of several choices the likeliest are told.
    public static let bestOf = Capabilities(rawValue: 1 << 12)
    /// Thinking before the answer, where a request asks for it. No parameter needs it; some APIs list it.
    public static let reasoning = Capabilities(rawValue: 1 << 13)
}
