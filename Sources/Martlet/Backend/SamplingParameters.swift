/// How the next token is chosen, and when the model may end. The defaults change nothing.
///
/// A backend may ignore the parameters that it does not support. Only `logitBias` needs a capability: without it, the
/// server refuses the request.
public struct SamplingParameters: Sendable, Hashable {
    /// 0 to 2. At 0 the likeliest token is chosen; at 1 the model's distribution is used as it is.
    public var temperature: Double
    /// 0 to 1. The candidates are the likeliest tokens whose probabilities together reach this share.
    public var topP: Double
    /// Requests that are equal, including their seed, get equal replies, as far as the backend can ensure it.
    public var seed: Int?
    /// The number of likeliest tokens that are candidates; 0 means all.
    public var topK = 0
    /// 0 to 1. The minimum probability of a candidate, relative to that of the likeliest token.
    public var minP = 0.0
    /// 0 to 1. The candidates are the most typical tokens whose probabilities together reach this share: those whose
    /// information is closest to the distribution's entropy (Meister et al. 2022).
    public var typicalP = 1.0
    /// -2 to 2. Subtracted from a token's logit for each time that the token was generated.
    public var frequencyPenalty = 0.0
    /// -2 to 2. Subtracted once from the logit of a token that was generated.
    public var presencePenalty = 0.0
    /// 0.01 to 100. Divides the positive logits of tokens in the prompt or the generation, and multiplies their
    /// negative logits.
    public var repetitionPenalty = 1.0
    /// -100 to 100 for each token id. Added to the token's logit. Needs the capability `logitBias`.
    public var logitBias: [Int: Double] = [:]
    /// The number of tokens to generate before the end-of-text token or a stop token may be chosen.
    public var minTokens = 0
    /// Whether generation continues after the end-of-text token.
    public var ignoresEndOfText = false
    /// Token ids that end a choice, besides the model's own; their text is not part of the reply. The server enforces
    /// them on the emitted tokens.
    public var stopTokenIDs: [Int] = []

    /// Creates parameters without validating them; the defaults are OpenAI's.
    public init(temperature: Double = 1, topP: Double = 1, seed: Int? = nil) {
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
    }
}

/// The usage figures that a stream includes.
public struct StreamOptions: Sendable, Hashable {
    /// Whether the stream ends with its usage.
    public var includesUsage: Bool
    /// Whether each chunk has the usage so far; vLLM's extension, only together with `includesUsage`.
    public var hasContinuousUsage: Bool

    /// By default, a stream has no usage.
    public init(includesUsage: Bool = false, hasContinuousUsage: Bool = false) {
        self.includesUsage = includesUsage
        self.hasContinuousUsage = hasContinuousUsage
    }
}
