/// How the next token is chosen, and when the model may end. Defaults ask for nothing.
///
/// What a backend cannot honour here it may ignore; `logitBias` alone needs the capability.
public struct SamplingParameters: Sendable, Hashable {
    /// 0 is greedy, 1 samples as the model says; 0 to 2.
    public var temperature: Double
    /// The share of probability that the candidates together must reach; 0 to 1.
    public var topP: Double
    /// Equal seeds give equal answers to equal requests, where the backend can.
    public var seed: Int?
    /// How many of the likeliest tokens are candidates; 0 is all.
    public var topK = 0
    /// The least probability of a candidate, as a share of the likeliest one's; 0 to 1.
    public var minP = 0.0
    /// The share of probability that the most typical tokens together must reach: those whose information is closest to
    /// the distribution's entropy (Meister et al. 2022); 0 to 1.
    public var typicalP = 1.0
    /// Subtracted from a token's logit once for each time it was generated; -2 to 2.
    public var frequencyPenalty = 0.0
    /// Subtracted from a token's logit if it was generated at all; -2 to 2.
    public var presencePenalty = 0.0
    /// Divides the positive logits, and multiplies the negative ones, of tokens in the prompt or the answer; 0.01 to
    /// 100.
    public var repetitionPenalty = 1.0
    /// Added to the logits of these token ids; -100 to 100.
    public var logitBias: [Int: Double] = [:]
    /// Tokens to generate before the end-of-text token or a stop token may be chosen.
    public var minTokens = 0
    /// Whether the end-of-text token is a token like any other.
    public var ignoresEndOfText = false
    /// Tokens that end a choice, besides the model's own; their text is not shown. The server applies them to whatever
    /// tokens the backend emits.
    public var stopTokenIDs: [Int] = []

    /// OpenAI's defaults, or others; nothing is checked.
    public init(temperature: Double = 1, topP: Double = 1, seed: Int? = nil) {
        self.temperature = temperature
        self.topP = topP
        self.seed = seed
    }
}

/// What a stream carries besides the answer.
public struct StreamOptions: Sendable, Hashable {
    /// Whether the stream ends with its usage.
    public var includesUsage: Bool
    /// Whether each chunk has the usage so far; vLLM's extension, only together with `includesUsage`.
    public var hasContinuousUsage: Bool

    /// Neither, or what is named here.
    public init(includesUsage: Bool = false, hasContinuousUsage: Bool = false) {
        self.includesUsage = includesUsage
        self.hasContinuousUsage = hasContinuousUsage
    }
}
