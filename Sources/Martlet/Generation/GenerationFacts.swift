/// The facts of one request's generation, or of the embeddings that it asked for. The fold of the backend's events fills
/// them; so does anything else that answers a request with a model's work.
public struct GenerationFacts: Sendable {
    /// Whether the reply is streamed.
    public var isStreamed = false
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

    public init(isStreamed: Bool = false) { self.isStreamed = isStreamed }
}
