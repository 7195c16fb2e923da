/// The facts of one request's generation, or of the embeddings that it asked for: what is known at one time. The fold of
/// the backend's events makes them; so does anything else that answers a request with a model's work.
public final class GenerationFacts: Sendable {
    /// Whether the reply is streamed.
    public let isStreamed: Bool
    /// The choices that the request asked for, for each of its prompts.
    public let choices: Int
    /// When the request was complete: durations of the generation count from here.
    public let arrival: ContinuousClock.Instant
    /// How long the request waited for its model; nil if it has not begun.
    public let queueWait: Duration?
    /// When the backend emitted the first generated event; nil if it has not.
    public let firstEvent: ContinuousClock.Instant?
    /// When the last choice ended; nil if one has not.
    public let lastEvent: ContinuousClock.Instant?
    /// The token counts, so far or at the end.
    public let usage: Usage
    /// Whether the usage is not the backend's: each piece of a relayed answer counts as one token then.
    public let isUsageEstimated: Bool
    /// The server that a relayed request was sent to last; nil for others.
    public let upstream: String?
    /// Why the first choice ended; nil if it has not.
    public let finishReason: FinishReason?
    /// The stop string or stop token that ended the first choice; nil if none did.
    public let stop: StopMatch?
    /// How tokens were to be chosen, with the defaults filled in; nil for embeddings.
    public let sampling: SamplingParameters?
    /// The most tokens that each choice was to have, as the request says; nil if it sets no limit.
    public let requestedMaxTokens: Int?
    /// The generated events in order, at most `maximumSteps`; empty unless `Server.recordSteps(where:)` asks for them.
    public let steps: [GenerationStep]

    /// The most steps of one request that are recorded.
    public static let maximumSteps = 65_536

    public init(
        isStreamed: Bool = false, choices: Int = 1, arrival: ContinuousClock.Instant, queueWait: Duration? = nil,
        firstEvent: ContinuousClock.Instant? = nil, lastEvent: ContinuousClock.Instant? = nil,
        usage: Usage = Usage(promptTokens: 0, completionTokens: 0), isUsageEstimated: Bool = false,
        upstream: String? = nil, finishReason: FinishReason? = nil,
        stop: StopMatch? = nil, sampling: SamplingParameters? = nil, requestedMaxTokens: Int? = nil,
        steps: [GenerationStep] = []
    ) {
        (self.isStreamed, self.choices, self.arrival, self.queueWait) = (isStreamed, choices, arrival, queueWait)
        (self.firstEvent, self.lastEvent, self.usage) = (firstEvent, lastEvent, usage)
        (self.isUsageEstimated, self.upstream) = (isUsageEstimated, upstream)
        (self.finishReason, self.stop, self.steps) = (finishReason, stop, steps)
        (self.sampling, self.requestedMaxTokens) = (sampling, requestedMaxTokens)
    }
}

/// An event of a generation that counted for one or more tokens.
public struct GenerationStep: Sendable, Hashable {
    /// The index of the choice among those of all prompts.
    public var choice: Int
    /// The id of the token; nil for text or reasoning without one.
    public var tokenID: Int?
    /// The natural logarithm of the token's probability; nil if the backend has not computed it.
    public var logprob: Float?
    /// The number of tokens that the event counted for.
    public var tokenCount: Int
    /// When the backend emitted it.
    public var time: ContinuousClock.Instant

    public init(
        choice: Int, tokenID: Int? = nil, logprob: Float? = nil, tokenCount: Int = 1, time: ContinuousClock.Instant
    ) {
        (self.choice, self.tokenID, self.logprob) = (choice, tokenID, logprob)
        (self.tokenCount, self.time) = (tokenCount, time)
    }
}

/// The stop string or stop token that ended a choice.
public enum StopMatch: Sendable, Hashable {
    case string(String)
    /// The id of a stop token.
    case token(Int)
}
