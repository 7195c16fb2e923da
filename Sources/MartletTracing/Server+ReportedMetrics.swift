public import CoreMetrics
public import Martlet

extension Server {
    /// Reports each request to a factory of swift-metrics when it has ended, under OpenTelemetry's names:
    /// `http.server.request.duration`, and for what models answer `gen_ai.server.request.duration`,
    /// `gen_ai.server.time_to_first_token`, `gen_ai.server.time_per_output_token` (timers) and
    /// `gen_ai.client.token.usage` (a recorder).
    ///
    /// - Parameter factory: By default the one of `MetricsSystem`, as it is at the call.
    public mutating func reportMetrics(to factory: any MetricsFactory = MetricsSystem.factory) {
        let metrics = ReportedMetrics(factory)
        onStart { metrics.didStart($0) }
        onRequestEnd { metrics.report($0) }
    }
}
