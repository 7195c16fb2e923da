public import Martlet
internal import MartletHTTP

extension Server {
    /// Serves metrics in Prometheus' text format, or OpenMetrics for clients that ask for it, at `GET /metrics`, which
    /// needs the permission `metrics`. Without a call, nothing is measured.
    ///
    /// - Parameter prefix: The part before the colon of the names of Martlet's own metrics. `vllm` makes them vLLM's, for
    ///   dashboards and request routers that look for those.
    /// - Returns: The metrics, to which others can be added.
    /// - Throws: `ServerError` for a malformed prefix, and if there is a route at the path.
    @discardableResult
    public mutating func serveMetrics(prefix: String = "martlet") throws(ServerError) -> ServerMetrics {
        let metrics = try ServerMetrics(prefix: prefix)
        try route(.get, "/metrics", requires: .permission(.metrics), for: .operators) {
            request, writer in
            let format = Exposition.Format(accepting: request.fields["Accept"])
            // Handlers run on a loop if all backends do.
            let body = await withTaskExecutorPreference(globalConcurrentExecutor) { metrics.rendered(as: format) }
            writer.send(HTTPResponse(fields: ["Content-Type": format.contentType], body: body))
        }
        measurements = metrics.measurements
        onStart { metrics.didStart($0) }
        onRequestEnd { metrics.record($0) }
        return metrics
    }
}
