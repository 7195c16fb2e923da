internal import MartletHTTP

/// What a server is doing at one moment.
public struct ServerCounters: Sendable, Hashable {
    /// Connections that clients hold open, idle ones included.
    public var openConnections: Int
    /// Streamed replies whose backend has not returned yet.
    public var openStreams: Int
    /// Requests that run as tasks, whatever they wait for.
    public var tasks: Int
    /// Requests that wait for a permit to generate: new ones, and those that gave theirs up for a while.
    public var waiting: Int
    /// Permits that requests have: one each, more for a completion of several prompts, none while the client reads too
    /// slowly for more to be generated.
    public var running: Int
    /// Bytes of `ServerConfiguration.memoryBudget` that are taken.
    public var heldBytes: Int
    /// Tokens generated since the start, by the rule that one emit is one token.
    public var generatedTokens: Int
    /// Parameters in requests that the API does not know, since the start.
    public var unknownParameters: Int
}

/// The numbers behind `ServerCounters`, which many threads change.
struct Gauges: Sendable {
    let openConnections = Gauge()
    let openStreams = Gauge()
    let tasks = Gauge()
    let waiting = Gauge()
    let running = Gauge()
    let generatedTokens = Gauge()
    let unknownParameters = UnknownParameters()
    let memory: MemoryBudget

    init(memory: MemoryBudget = .unlimited) { self.memory = memory }

    var counters: ServerCounters {
        ServerCounters(
            openConnections: openConnections.value, openStreams: openStreams.value, tasks: tasks.value,
            waiting: waiting.value, running: running.value, heldBytes: memory.usedBytes,
            generatedTokens: generatedTokens.value,
            unknownParameters: unknownParameters.count)
    }
}
