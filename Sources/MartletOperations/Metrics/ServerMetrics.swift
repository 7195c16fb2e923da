public import Martlet
internal import MartletHTTP
internal import MartletUV

/// The metrics of a server, which `Server.serveMetrics(prefix:)` makes.
///
/// Nearly all numbers are added up from the records of requests, outside the event loops. Only the times between the
/// writes of a stream and the lateness of the loops are measured where they happen.
public final class ServerMetrics: Sendable {
    private struct PrincipalKey: SeriesKey {
        static let other = PrincipalKey(name: "other")
        let name: String
        var labels: Labels { ["principal": name] }
    }

    private struct PrincipalTotals: Sendable {
        var requests = 0
        var promptTokens = 0
        var generationTokens = 0
    }

    private struct SpendKey: SeriesKey {
        static let other = SpendKey(principal: "other", model: "other", currency: "other")
        let principal, model, currency: String
        var labels: Labels { ["principal": principal, "model_name": model, "currency": currency] }
    }

    private struct State: Sendable {
        var http = HTTPMetrics()
        var models = ModelMetrics()
        var principals = SeriesTable<PrincipalKey, PrincipalTotals>(PrincipalTotals())
        /// In billionths of a unit.
        var spend = SeriesTable<SpendKey, Int>(0)
        var sources: [MetricSource] = []
        weak var running: RunningServer?
    }

    let measurements = LoopMeasurements(
        latenessBounds: Buckets.lateness.bounds, intervalBounds: Buckets.perToken.bounds)
    private let prefix: String
    private let state = Locked(State())

    /// - Throws: `ServerError` for a prefix that is not a metric name.
    init(prefix: String) throws(ServerError) {
        guard MetricName.isValid(prefix) else {
            throw ServerError(
                "the prefix of metrics must be letters, digits and _, without a digit first, but it is "
                    + prefix.debugDescription)
        }
        self.prefix = prefix
    }

    /// Adds a metric that is read at each scrape.
    ///
    /// - Throws: `ServerError` for a malformed name, for a counter whose name does not end in `_total`, and for a name
    ///   that exists.
    public func add(_ source: MetricSource) throws(ServerError) {
        let name = source.name.debugDescription
        guard MetricName.isValid(source.name) else { throw ServerError("\(name) is not a name of a metric") }
        if case .counter = source.value, !source.name.hasSuffix("_total") {
            throw ServerError("\(name) cannot be a counter: the names of counters end in _total")
        }
        let isNew = state.withLock { state in
            if Self.names.contains(source.name) || state.sources.contains(where: { $0.name == source.name }) {
                return false
            }
            state.sources.append(source)
            return true
        }
        if !isNew { throw ServerError("there is a metric \(name) already") }
    }

    /// The names of the server's own metrics, without the prefix.
    static let names: Set<String> = [
        "num_requests_running", "num_requests_waiting", "kv_cache_usage_perc", "prefix_cache_queries_total",
        "prefix_cache_hits_total", "num_preemptions_total", "iteration_tokens_total", "open_connections",
        "open_streams", "tasks", "memory_budget_used_bytes", "unknown_parameters_total", "records_dropped_total",
        "build_info",
        "inter_token_latency_seconds", "event_loop_lag_seconds", "request_success_total", "prompt_tokens_total",
        "generation_tokens_total", "time_to_first_token_seconds", "request_time_per_output_token_seconds",
        "e2e_request_latency_seconds", "request_queue_time_seconds", "request_prefill_time_seconds",
        "request_decode_time_seconds", "request_inference_time_seconds", "request_prompt_tokens",
        "request_generation_tokens", "request_params_n", "request_params_max_tokens", "principal_requests_total",
        "principal_prompt_tokens_total", "principal_generation_tokens_total", "principal_spend_total",
    ]

    // MARK: Recording

    /// The server is about to accept requests.
    func didStart(_ running: RunningServer) {
        let models = running.backendLoads.flatMap(\.models)
        state.withLock { state in
            state.running = running
            for model in models { state.models.add(model: model) }
        }
    }

    func record(_ records: [RequestRecord]) {
        state.withLock { state in
            for record in records {
                state.http.record(record.exchange)
                let generation = record.generation
                if let principal = record.principal {
                    state.principals.update(PrincipalKey(name: principal.name)) { totals in
                        totals.requests += 1
                        totals.promptTokens &+= max(0, generation?.usage.promptTokens ?? 0)
                        totals.generationTokens &+= max(0, generation?.usage.completionTokens ?? 0)
                    }
                }
                guard let generation, let model = record.model else { continue }
                let label = state.running?.label(ofModel: model) ?? model
                state.models.record(record, generation, model: label)
                if let cost = record.cost, let principal = record.principal {
                    let key = SpendKey(principal: principal.name, model: label, currency: cost.currency)
                    state.spend.update(key) { total in
                        let (sum, isOverflow) = total.addingReportingOverflow(cost.nanoUnits)
                        total = isOverflow ? .max : sum
                    }
                }
            }
        }
    }

    // MARK: The scrape

    /// All metrics. Calls backends and reads files, so it is for threads other than the loops'.
    func rendered(as format: Exposition.Format) -> [UInt8] {
        var exposition = Exposition(format, prefix: prefix)
        let (running, sources) = state.withLock { ($0.running, $0.sources) }
        if let running { LiveMetrics(running).write(to: &exposition) }
        writeMeasurements(to: &exposition)
        exposition = state.withLock { [exposition] state in
            var exposition = exposition
            state.models.write(to: &exposition)
            state.http.write(to: &exposition)
            Self.write(state.principals, to: &exposition)
            exposition.family("principal_spend_total", .counter, "What tokens cost, by principal and model, in units.")
            for (labels, value) in state.spend.series { exposition.sample(labels, nanoUnits: value) }
            return exposition
        }
        for source in sources { source.write(to: &exposition) }
        LiveMetrics.writeProcess(to: &exposition)
        return exposition.finished()
    }

    private func writeMeasurements(to exposition: inout Exposition) {
        exposition.family(
            "inter_token_latency_seconds", .histogram, "Between two writes of a stream that have new tokens.")
        for (model, histograms) in measurements.intervals.sorted(by: { $0.key < $1.key }) {
            Histogram(.perToken, adding: histograms).write(["model_name": model], to: &exposition)
        }
        exposition.family(
            "event_loop_lag_seconds", .histogram, "How late an event loop was, measured four times a second.")
        for (index, histogram) in measurements.lateness.enumerated() {
            Histogram(.lateness, adding: [histogram]).write(["loop": String(index)], to: &exposition)
        }
    }

    private static func write(
        _ principals: SeriesTable<PrincipalKey, PrincipalTotals>, to exposition: inout Exposition
    ) {
        exposition.family("principal_requests_total", .counter, "Requests by the name of the principal.")
        for (labels, value) in principals.series { exposition.sample(labels, value.requests) }
        exposition.family("principal_prompt_tokens_total", .counter, "Tokens of prompts by principal.")
        for (labels, value) in principals.series { exposition.sample(labels, value.promptTokens) }
        exposition.family("principal_generation_tokens_total", .counter, "Generated tokens by principal.")
        for (labels, value) in principals.series { exposition.sample(labels, value.generationTokens) }
    }
}
