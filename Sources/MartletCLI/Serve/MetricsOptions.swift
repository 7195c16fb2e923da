import ArgumentParser
import Martlet
import MartletOperations

/// What the server measures.
struct MetricsOptions: ParsableArguments {
    @Flag(help: "Serve metrics for Prometheus at /metrics. [env: MARTLET_METRICS]")
    var metrics = false

    @Option(
        help: ArgumentHelp(
            """
            What the names of metrics begin with, such as vllm for dashboards of vLLM. (default: martlet) \
            [env: MARTLET_METRICS_PREFIX]
            """, valueName: "prefix"))
    var metricsPrefix: String?

    /// Applies options and environment variables to `server`.
    ///
    /// - Returns: The metrics, to which others can be added; nil without `--metrics`.
    /// - Throws: `ValidationError` for a malformed prefix, and for one without metrics.
    func apply(to server: inout Server) throws -> ServerMetrics? {
        guard try metrics || Environment.flag("MARTLET_METRICS") else {
            if metricsPrefix == nil { return nil }
            throw ValidationError("--metrics-prefix has no effect without --metrics; add that, or leave it out.")
        }
        let prefix = metricsPrefix ?? Environment.value("MARTLET_METRICS_PREFIX") ?? "martlet"
        do {
            return try server.serveMetrics(prefix: prefix)
        } catch {
            throw ValidationError(
                "--metrics-prefix must be letters, digits and _, without a digit first, but it is "
                    + "\(prefix.debugDescription).")
        }
    }
}
