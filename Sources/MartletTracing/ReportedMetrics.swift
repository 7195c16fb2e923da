internal import CoreMetrics
internal import Martlet
internal import MartletHTTP
internal import MartletUV

/// Reports requests to a factory of swift-metrics.
final class ReportedMetrics: Sendable {
    /// One metric with its dimensions.
    private struct Key: Hashable {
        let label: String
        let dimensions: [String]
    }

    private struct State {
        var timers: [Key: Timer] = [:]
        var recorders: [Key: Recorder] = [:]
        weak var running: RunningServer?
    }

    /// Dimensions beyond this many are left out: they come from clients, and factories keep each one.
    static let maximumCount = 1000

    private let factory: any MetricsFactory
    private let state = Locked(State())

    init(_ factory: any MetricsFactory) { self.factory = factory }

    func didStart(_ running: RunningServer) { state.withLock { $0.running = running } }

    func report(_ records: [RequestRecord]) {
        for record in records {
            let exchange = record.exchange
            var dimensions = [("http.request.method", GenAI.method(exchange.method))]
            if let route = exchange.route { dimensions.append(("http.route", route)) }
            dimensions.append(("http.response.status_code", String(exchange.status?.code ?? 499)))
            time("http.server.request.duration", dimensions, exchange.duration)
            reportGeneration(record)
        }
    }

    private func reportGeneration(_ record: RequestRecord) {
        guard let operation = GenAI.operation(ofRoute: record.exchange.route), let model = record.model,
            let generation = record.generation
        else { return }
        let label = state.withLock { $0.running }?.label(ofModel: model) ?? model
        let dimensions = [
            ("gen_ai.operation.name", operation), ("gen_ai.provider.name", GenAI.provider),
            ("gen_ai.request.model", label),
        ]
        let error = GenAI.errorType(record).map { [("error.type", $0)] } ?? []
        time("gen_ai.server.request.duration", dimensions + error, record.exchange.duration)
        count("gen_ai.client.token.usage", dimensions + [("gen_ai.token.type", "input")], generation.usage.promptTokens)
        if operation == "embeddings" { return }
        let tokens = generation.usage.completionTokens
        count("gen_ai.client.token.usage", dimensions + [("gen_ai.token.type", "output")], tokens)
        guard let first = generation.firstEvent else { return }
        time("gen_ai.server.time_to_first_token", dimensions, first - record.exchange.start)
        let others = max(0, tokens) - generation.choices
        if let last = generation.lastEvent, others > 0 {
            time("gen_ai.server.time_per_output_token", dimensions, (last - first) / others)
        }
    }

    // MARK: The factory's metrics

    private func time(_ label: String, _ dimensions: [(String, String)], _ duration: Duration) {
        let key = Key(label: label, dimensions: dimensions.flatMap { [$0, $1] })
        let timer = state.withLock { state -> Timer? in
            if let timer = state.timers[key] { return timer }
            if state.timers.count >= Self.maximumCount { return nil }
            let timer = Timer(label: label, dimensions: dimensions, factory: factory)
            state.timers[key] = timer
            return timer
        }
        timer?.recordNanoseconds(Int64(max(0, duration / .nanoseconds(1))))
    }

    private func count(_ label: String, _ dimensions: [(String, String)], _ number: Int) {
        let key = Key(label: label, dimensions: dimensions.flatMap { [$0, $1] })
        let recorder = state.withLock { state -> Recorder? in
            if let recorder = state.recorders[key] { return recorder }
            if state.recorders.count >= Self.maximumCount { return nil }
            let recorder = Recorder(label: label, dimensions: dimensions, aggregate: true, factory: factory)
            state.recorders[key] = recorder
            return recorder
        }
        recorder?.record(number)
    }
}
