internal import MartletHTTP

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
