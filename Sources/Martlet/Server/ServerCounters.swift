internal import MartletHTTP

/// What a server is doing at one moment.
public struct ServerCounters: Sendable, Hashable {
    /// Open connections of clients, including idle ones.
    public var openConnections: Int
    /// Streamed replies whose backend has not returned yet.
    public var openStreams: Int
    /// Requests of clients with a running task, including those that wait.
    public var tasks: Int
    /// Requests that wait: for a permit to generate, new ones and those that yielded theirs, or until a backend that
    /// `schedulesItself` starts them.
    public var waiting: Int
    /// Permits of requests that generate: one per request, more for a completion of several prompts, none while
    /// generation is paused by a slow client.
    public var running: Int
    /// Bytes in use of `ServerConfiguration.memoryBudget`.
    public var heldBytes: Int
    /// Tokens generated since the start; one emit counts as one token.
    public var generatedTokens: Int
    /// Unknown parameters in requests since the start.
    public var unknownParameters: Int
    /// Records that the observers of `onRequestEnd` did not get since the start, because they were too slow.
    public var droppedRecords = 0
}

/// The counters behind `ServerCounters`, changed from many threads.
struct Gauges: Sendable {
    let openConnections = Gauge()
    let openStreams = Gauge()
    let tasks = Gauge()
    /// Connections and tasks at the addresses of operators, which a drain does not wait for.
    let operatorConnections = Gauge()
    let operatorTasks = Gauge()
    let waiting = Gauge()
    let running = Gauge()
    let generatedTokens = Gauge()
    let unknownParameters = UnknownNames { "a client sent the parameter \($0), which this endpoint does not know" }
    /// The tools that requests offer and servers would have to run.
    let ignoredTools = UnknownNames { "a client offered the tool \($0), which is left out: this server has none" }
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
