/// How much an engine does at once.
public struct EngineLimits: Sendable, Hashable {
    /// Generations that run at once; the others wait.
    public var running = 32
    /// Tokens that one step computes, over all generations: what a new prompt waits for at most.
    public var tokensPerStep = 256
    /// Of these, tokens of prompts while others generate: what a stream waits for at most when others begin.
    public var prefillTokens = 128
    /// Of these, tokens of one prompt that is scored.
    public var scoredTokens = 64
    /// Tokens that a block of the KV cache holds.
    public let blockSize = 16
    /// Bytes that the KV cache may take; it always has room for one whole context.
    public var cacheBytes = 512 << 20

    /// The defaults.
    public init() {}

    /// Blocks of a model's cache: what the memory holds, and no more than all running generations could fill.
    func blockCount(for model: LanguageModelConfiguration) -> Int {
        let context = (model.contextLength + blockSize - 1) / blockSize
        let affordable = cacheBytes / max(1, model.cacheBytesPerToken * blockSize)
        return max(context, min(affordable, running * context))
    }
}
