/// The facts of one request's generation, or of the embeddings that it asked for. The fold of the backend's events fills
/// them; so does anything else that answers a request with a model's work.
public struct GenerationFacts: Sendable {
    /// Whether the reply is streamed.
    public var isStreamed = false
    /// The choices that the request asked for, for each of its prompts.
    public var choices = 1
    /// The most tokens that a choice may have, as the request or the model's context says; nil without a limit.
    public var maxTokens: Int?
    /// When the request was complete: durations of the generation count from here.
    public var arrival: ContinuousClock.Instant
    /// How long the request waited for its model; nil if it has not begun.
    public var queueWait: Duration?
    /// When the backend emitted the first generated event; nil if it has not.
    public var firstEvent: ContinuousClock.Instant?
    /// When the last choice ended; nil if one has not.
    public var lastEvent: ContinuousClock.Instant?
    /// The token counts, so far or at the end.
    public var usage = Usage(promptTokens: 0, completionTokens: 0)
    /// Why the first choice ended; nil if it has not.
    public var finishReason: FinishReason?
    /// The stop string or stop token that ended the first choice; nil if none did.
    public var stop: StopMatch?

    public init(isStreamed: Bool = false, arrival: ContinuousClock.Instant) {
        self.isStreamed = isStreamed
        self.arrival = arrival
    }
}

/// The stop string or stop token that ended a choice.
public enum StopMatch: Sendable, Hashable {
    case string(String)
    /// The id of a stop token.
    case token(Int)
}
