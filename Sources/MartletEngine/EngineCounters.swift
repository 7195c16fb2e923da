internal import MartletUV

/// What an engine is doing at one moment, and has done since its start.
public struct EngineCounters: Sendable, Hashable {
    /// Generations that wait for their turn: choices and texts to embed, one each.
    public internal(set) var waiting = 0
    /// Generations that have one.
    public internal(set) var running = 0
    /// Blocks of the cache that these hold.
    public internal(set) var heldBlocks = 0
    /// Blocks that the cache has.
    public internal(set) var blocks = 0

    /// Steps that computed something.
    public internal(set) var steps = 0
    /// The time they took together, and the last of them alone.
    public internal(set) var stepTime = Duration.zero, lastStepTime = Duration.zero
    /// Tokens that they computed together, and the last of them alone: the batch.
    public internal(set) var stepTokens = 0, lastStepTokens = 0
    /// Generations that were set back because others needed their blocks or their places.
    public internal(set) var preemptions = 0

    /// Tokens of the prompts that were taken up, a prompt of several choices counted once.
    public internal(set) var promptTokens = 0
    /// Of these, what the cache had.
    public internal(set) var cachedTokens = 0
    /// Tokens that were chosen.
    public internal(set) var generatedTokens = 0
}

/// Where an engine's thread leaves its counters for others to read.
final class EngineCounterBoard: Sendable {
    private let latest = Locked(EngineCounters())

    var counters: EngineCounters { latest.withLock { $0 } }

    func publish(_ counters: EngineCounters) { latest.withLock { $0 = counters } }
}
