/// Bounds on what an engine computes and stores at once.
public struct EngineLimits: Sendable, Hashable {
    /// Generations that run at the same time; others wait.
    public var running = 32
    /// Tokens that one step computes, over all generations. A new prompt waits for at most one such step.
    public var tokensPerStep = 256
    /// Of these, tokens of prompts while other generations decode: bounds the delay of a stream when requests begin.
    public var prefillTokens = 128
    /// Of these, tokens of one prompt that is scored.
    public var scoredTokens = 64
    /// Whether tokens that a constraint leaves no choice of are computed in one step, instead of one by one. The results are
    /// the same to the bit.
    public var jump = true
    /// Tokens per block of the KV cache.
    public let blockSize = 16
    /// Bytes that the KV cache may take. It always has room for one whole context.
    public var cacheBytes = 512 << 20

    /// The defaults.
    public init() {}

    /// Blocks of a model's cache: what `cacheBytes` allows, and at most what all running generations could fill.
    func blockCount(for model: LanguageModelConfiguration) -> Int {
        let context = (model.contextLength + blockSize - 1) / blockSize
        let affordable = cacheBytes / max(1, model.cacheBytesPerToken * blockSize)
        return max(context, min(affordable, running * context))
    }
}
