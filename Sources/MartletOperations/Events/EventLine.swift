internal import Martlet
internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// The lines of a file of run events: each is one JSON object and a line feed. docs/events.md has the schema.
enum EventLine {
    /// How a run ended.
    enum Reason: String {
        /// The server was drained.
        case completed
        /// Responses were ended: by a second signal, by `shutdown()`, or by cancelling the server's task.
        case interrupted
        /// The process ended without closing its events. Written at the next start.
        case aborted
        /// The server could not start, or the application threw an error.
        case errored
    }

    /// Appends an event and a line feed to `bytes`, in place.
    private static func append(
        _ kind: String, time: Double, to bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        swap(&writer.bytes, &bytes)
        writer.object { writer in
            writer.member("kind", kind)
            if kind == "run_start" { writer.member("schema", "toy/v1") }
            writer.member("t", time)
            body(&writer)
        }
        writer.bytes.append(UInt8(ascii: "\n"))
        swap(&writer.bytes, &bytes)
    }

    // MARK: The run

    static func runStart(
        of running: RunningServer, _ configuration: EventsConfiguration, runID: String, microsecondsSince1970: Int
    ) -> [UInt8] {
        let models = running.models
        var bytes: [UInt8] = []
        append("run_start", time: 0, to: &bytes) { writer in
            writer.member("started_at", RFC3339Date(microsecondsSince1970: microsecondsSince1970).description)
            writer.member("run_id", runID)
            writer.member("phase", "serve")
            writer.object("host") { writer in
                writer.member("name", HostSystem.name)
                writer.member("os", HostSystem.operatingSystem)
                writer.member("arch", HostSystem.architecture)
            }
            writer.object("backend") { $0.member("kind", models.first?.deviceKind ?? "none") }
            if let git = configuration.git {
                writer.object("git") { writer in
                    writer.member("sha", git.sha)
                    if let branch = git.branch { writer.member("branch", branch) }
                }
            }
            writer.object("model") { writer in if let model = models.first { write(model, to: &writer) } }
            if models.count > 1 {
                writer.array("models") { writer in
                    for model in models {
                        writer.object { writer in
                            write(model, to: &writer)
                            writer.member("backend", model.deviceKind)
                        }
                    }
                }
            }
            writer.object("config") { write(running, configuration, to: &$0) }
        }
        return bytes
    }

    private static func write(_ model: ModelSummary, to writer: inout JSONWriter) {
        let details = model.details
        writer.member("arch", details.family ?? "unknown")
        writer.member("name", model.id)
        let sizes: [(String, Int?)] = [
            ("vocab", details.vocabularySize), ("d_model", details.hiddenSize), ("n_layers", details.layerCount),
            ("n_heads", details.headCount), ("n_kv", details.keyValueHeadCount), ("d_head", details.headSize),
            ("d_ff", details.feedForwardSize), ("parameters", details.parameterCount),
            ("context", model.contextLength),
        ]
        if let path = details.path { writer.member("path", path) }
        for (name, size) in sizes { if let size { writer.member(name, size) } }
        if let type = details.quantization { writer.member("weight_type", type.lowercased()) }
    }

    /// What the server was started with; keys are not part of it.
    private static func write(
        _ running: RunningServer, _ configuration: EventsConfiguration, to writer: inout JSONWriter
    ) {
        let settings = running.configuration
        writer.member("version", Version.current)
        writer.member("listen", running.addresses.map(\.description))
        if !running.adminAddresses.isEmpty {
            writer.member("admin_listen", running.adminAddresses.map(\.description))
        }
        writer.member("loops", settings.loopCount)
        writer.member("max_queue", settings.maximumWaiting)
        writer.member("memory_budget_bytes", settings.memoryBudget)
        writer.member("drain_timeout_s", settings.drainTimeout / .seconds(1))
        if let timeout = settings.requestTimeout { writer.member("request_timeout_s", timeout / .seconds(1)) }
        writer.member("probes", configuration.includesProbes)
        writer.member("steps", configuration.steps.rawValue)
        for (name, value) in configuration.settings { writer.member(name, value) }
    }

    /// - Parameters:
    ///   - time: Seconds since the start of the run.
    ///   - exitCode: That of the process; nil if it is not known.
    static func runEnd(
        time: Double, microsecondsSince1970: Int, reason: Reason, totals: RunTotals, exitCode: Int?, error: String?
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        append("run_end", time: time, to: &bytes) { writer in
            writer.member("ended_at", RFC3339Date(microsecondsSince1970: microsecondsSince1970).description)
            writer.member("reason", reason.rawValue)
            writer.object("stats") { writer in
                writer.member("requests", totals.requests)
                writer.member("errors", totals.errors)
                writer.member("tokens_out", totals.outputTokens)
                writer.member("dropped", totals.dropped)
            }
            if let exitCode { writer.member("exit_code", exitCode) }
            if let error { writer.member("error", error) }
        }
        return bytes
    }

    // MARK: Requests

    /// - Parameter time: Seconds from the start of the run to the end of the request.
    static func append(_ record: RequestRecord, time: Double, to bytes: inout [UInt8]) {
        append("eval", time: time, to: &bytes) { writer in
            writer.member("phase", "serve")
            writer.member("name", "request")
            writer.object("extra") { write(record, to: &$0) }
        }
    }

    private static func write(_ record: RequestRecord, to writer: inout JSONWriter) {
        let exchange = record.exchange
        func member(_ name: String, _ value: String?) { if let value { writer.member(name, value) } }
        member("model", record.model)
        member("upstream", record.generation?.upstream)
        member("endpoint", exchange.route)
        member("method", exchange.method?.rawValue)
        writer.member("status", record.recordedStatus)
        if let sent = exchange.status?.code, sent != record.recordedStatus { writer.member("response_status", sent) }
        writer.member("stream", record.generation?.isStreamed ?? false)
        writer.member("prompt_tokens", record.generation?.usage.promptTokens ?? 0)
        writer.member("completion_tokens", record.generation?.usage.completionTokens ?? 0)
        if let cached = record.generation?.usage.cachedTokens { writer.member("cached_tokens", cached) }
        if record.generation?.isUsageEstimated == true { writer.member("usage_estimated", true) }
        record.cost?.write(to: &writer)
        member("finish_reason", record.generation?.finishReason?.rawValue)
        writer.member("latency_us", max(1, microseconds(exchange.duration)))
        writeTimes(of: record, to: &writer)
        if let sampling = record.generation?.sampling {
            writer.object("sampling") { write(sampling, maxTokens: record.generation?.requestedMaxTokens, to: &$0) }
        }
        member("request_id", exchange.requestID)
        member("principal_id", record.principal?.id)
        member("error", record.error.map { $0.code ?? $0.type })
        member("cancelled_by", record.cancellation?.description)
        member("ending", exchange.ending == .complete ? nil : exchange.ending.description)
    }

    private static func writeTimes(of record: RequestRecord, to writer: inout JSONWriter) {
        if let wait = record.generation?.queueWait { writer.member("queue_us", max(0, microseconds(wait))) }
        guard let first = record.generation?.firstEvent else { return }
        writer.member("ttft_us", max(1, microseconds(first - record.exchange.start)))
        let end = record.generation?.lastEvent ?? record.exchange.end
        writer.member("decode_us", max(0, microseconds(end - first)))
    }

    private static func write(_ sampling: SamplingParameters, maxTokens: Int?, to writer: inout JSONWriter) {
        writer.member("temperature", sampling.temperature)
        if let maxTokens { writer.member("max_tokens", maxTokens) }
        writer.member("top_p", sampling.topP)
        if let seed = sampling.seed { writer.member("seed", seed) }
        if sampling.topK != 0 { writer.member("top_k", sampling.topK) }
        if sampling.minP != 0 { writer.member("min_p", sampling.minP) }
        if sampling.typicalP != 1 { writer.member("typical_p", sampling.typicalP) }
        if sampling.frequencyPenalty != 0 { writer.member("frequency_penalty", sampling.frequencyPenalty) }
        if sampling.presencePenalty != 0 { writer.member("presence_penalty", sampling.presencePenalty) }
        if sampling.repetitionPenalty != 1 { writer.member("repetition_penalty", sampling.repetitionPenalty) }
        if sampling.minTokens != 0 { writer.member("min_tokens", sampling.minTokens) }
    }

    /// A token of a request.
    ///
    /// - Parameters:
    ///   - number: The number of the step within its choice, from 1.
    ///   - previous: When the step before ended, or the request was complete.
    static func append(
        _ step: GenerationStep, number: Int, previous: ContinuousClock.Instant, of record: RequestRecord, time: Double,
        to bytes: inout [UInt8]
    ) {
        append("step", time: time, to: &bytes) { writer in
            writer.member("phase", "decode")
            writer.member("step", number)
            if let id = step.tokenID { writer.member("token_id", id) }
            if let logprob = step.logprob, logprob.isFinite { writer.member("logprob", logprob) }
            writer.member("wall_us", max(0, microseconds(step.time - previous)))
            if let arrival = record.generation?.arrival {
                writer.member("at_us", max(0, microseconds(step.time - arrival)))
            }
            if step.tokenCount != 1 { writer.member("tokens", step.tokenCount) }
            writer.member("choice", step.choice)
            if let id = record.exchange.requestID { writer.member("request_id", id) }
        }
    }

    static func microseconds(_ duration: Duration) -> Int { duration.nanoseconds / 1000 }
}

extension RequestRecord {
    /// The status in the events: 499 for a client that left before the response was complete, also if its head had been
    /// sent; 444 if the server closed the connection without a response.
    var recordedStatus: Int {
        if exchange.ending == .clientLeft { return 499 }
        return exchange.status?.code ?? 444
    }

    /// Whether it is a health check or a scrape.
    var isProbe: Bool { exchange.route.map(EventsConfiguration.probes.contains) ?? false }

    /// Whether it counts as an error in the events.
    var isRecordedError: Bool { recordedStatus >= 400 || error != nil }
}
