internal import Martlet
internal import MartletHTTP

#if os(Linux)
    internal import MartletUV
#endif

/// What is read at a scrape: the state of a running server, of its backends and of the process.
struct LiveMetrics {
    private let running: RunningServer
    private let loads: [BackendLoad]

    init(_ running: RunningServer) {
        self.running = running
        loads = running.backendLoads
    }

    func write(to exposition: inout Exposition) {
        writeLoads(to: &exposition)
        writeStatistics(to: &exposition)
        writeCounters(to: &exposition)
    }

    /// A backend with several models has one series, since they share its places.
    private func writeLoads(to exposition: inout Exposition) {
        let labelled = loads.map { (["model_name": $0.models.joined(separator: ",")] as Labels, $0) }
        exposition.family("num_requests_running", .gauge, "Requests that generate.")
        for (labels, load) in labelled { exposition.sample(labels, load.running) }
        exposition.family("num_requests_waiting", .gauge, "Requests that wait for their model.")
        for (labels, load) in labelled { exposition.sample(labels, load.waiting) }
    }

    private func writeStatistics(to exposition: inout Exposition) {
        let all = loads.flatMap(\.statistics).map { (["model_name": $0.model] as Labels, $0.statistics) }
        exposition.family("kv_cache_usage_perc", .gauge, "The used share of the cache of keys and values, 0 to 1.")
        for (labels, statistics) in all { statistics.cacheUsage.map { exposition.sample(labels, $0) } }
        let counters: [(String, String, KeyPath<BackendStatistics, Int?>)] = [
            ("prefix_cache_queries_total", "Tokens of prompts that were looked up in the cache.", \.prefixQueries),
            ("prefix_cache_hits_total", "Tokens of prompts that were found in the cache.", \.prefixHits),
            ("num_preemptions_total", "How often a generation lost its place to another one.", \.preemptions),
        ]
        for (name, help, value) in counters {
            exposition.family(name, .counter, help)
            for (labels, statistics) in all { statistics[keyPath: value].map { exposition.sample(labels, $0) } }
        }
        exposition.family("iteration_tokens_total", .histogram, "Tokens of each step of the engine.")
        for (labels, statistics) in all {
            guard let tokens = statistics.iterationTokens, tokens.counts.count == tokens.bounds.count + 1 else {
                continue
            }
            exposition.histogram(
                labels, bounds: tokens.bounds.map(Exposition.text), counts: tokens.counts, sum: tokens.sum)
        }
    }

    private func writeCounters(to exposition: inout Exposition) {
        let counters = running.counters
        exposition.family("open_connections", .gauge, "Open connections, including idle ones.")
        exposition.sample([:], counters.openConnections)
        exposition.family("open_streams", .gauge, "Streamed replies whose backend has not returned.")
        exposition.sample([:], counters.openStreams)
        exposition.family("tasks", .gauge, "Requests with a running task, including those that wait.")
        exposition.sample([:], counters.tasks)
        exposition.family("memory_budget_used_bytes", .gauge, "Bytes of the memory budget in use.")
        exposition.sample([:], counters.heldBytes)
        exposition.family("unknown_parameters_total", .counter, "Unknown parameters in requests.")
        exposition.sample([:], counters.unknownParameters)
        exposition.family("records_dropped_total", .counter, "Records of requests that observers were too slow for.")
        exposition.sample([:], counters.droppedRecords)
        exposition.family("build_info", .gauge, "The version of the server.")
        exposition.sample(["version": Version.current], 1)
    }

    static func writeProcess(to exposition: inout Exposition) {
        #if os(Linux)
            if let process = ProcessStatistics.current() {
                exposition.commonFamily("process_cpu_seconds_total", .counter, "User and system time.")
                exposition.sample([:], process.cpuSeconds)
                exposition.commonFamily("process_resident_memory_bytes", .gauge, "Resident memory.")
                exposition.sample([:], process.residentBytes)
                exposition.commonFamily("process_virtual_memory_bytes", .gauge, "Virtual memory.")
                exposition.sample([:], process.virtualBytes)
                exposition.commonFamily("process_start_time_seconds", .gauge, "The start, in seconds since 1970.")
                exposition.sample([:], process.startTime)
            }
            if let count = ProcessStatistics.openDescriptors {
                exposition.commonFamily("process_open_fds", .gauge, "Open files and sockets.")
                exposition.sample([:], count)
            }
            exposition.commonFamily("process_max_fds", .gauge, "The limit of open files and sockets.")
            exposition.sample([:], DescriptorLimit.current)
        #endif
    }
}
