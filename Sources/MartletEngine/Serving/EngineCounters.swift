internal import MartletUV

/// An engine's load at one moment, and its totals since its start.
public struct EngineCounters: Sendable, Hashable {
    /// Generations in the waiting queue. Each choice, and each text to embed, is one.
    public internal(set) var waiting = 0
    /// Generations that take part in steps.
    public internal(set) var running = 0
    /// Blocks of the cache that running generations use.
    public internal(set) var usedBlocks = 0
    /// All blocks of the cache.
    public internal(set) var blocks = 0

    /// Steps that computed something.
    public internal(set) var steps = 0
    /// Their total time, and the time of the last one.
    public internal(set) var stepTime = Duration.zero, lastStepTime = Duration.zero
    /// Tokens that they computed in total, and the last one alone: the batch size.
    public internal(set) var stepTokens = 0, lastStepTokens = 0
    /// How often a generation lost its blocks or its slot to another, and waited again.
    public internal(set) var preemptions = 0

    /// Tokens of prompts that were computed or found in the cache. A prompt of several choices counts once.
    public internal(set) var promptTokens = 0
    /// Of these, tokens that were in the cache.
    public internal(set) var cachedTokens = 0
    /// Tokens that were sampled.
    public internal(set) var generatedTokens = 0
}

/// Publishes the counters of an engine's thread to other threads.
final class EngineCounterBoard: Sendable {
    private let latest = Locked(EngineCounters())
    /// The sizes of the steps, in tokens; vLLM's buckets.
    let stepSizes = AtomicHistogram(bounds: [1] + (3...14).map { 1 << $0 })

    var counters: EngineCounters { latest.withLock { $0 } }

    func publish(_ counters: EngineCounters) { latest.withLock { $0 = counters } }
}
