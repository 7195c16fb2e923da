import Martlet
import MartletOperations
import MartletTesting

/// Runs `body` with a client of a server that serves metrics.
nonisolated(nonsending) func withMetrics(
    of backend: any Backend, prefix: String = "martlet",
    configuration: ServerConfiguration = ServerConfiguration(port: 0),
    configure: (inout Server, ServerMetrics) throws -> Void = { _, _ in },
    while body: nonisolated(nonsending) (RawClient, RunningServer) async throws -> Void
) async throws {
    try await withServer(backend, configuration: configuration) { server in
        let metrics = try server.serveMetrics(prefix: prefix)
        try configure(&server, metrics)
    } while: { running in
        let client = try await RawClient(running)
        try await body(client, running)
        await client.close()
    }
}

/// A backend that serves every name, and knows some statistics.
struct WildcardBackend: ChatBackend {
    var resolvesUnknownModels: Bool { true }

    func listModels() -> [Model] { ["listed"] }

    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        try await sink.emit("Hello")
    }

    func statistics(of model: String) -> BackendStatistics? {
        var statistics = BackendStatistics()
        statistics.cacheUsage = 0.25
        statistics.prefixQueries = 8
        statistics.iterationTokens = BucketCounts(bounds: [1, 8], counts: [2, 1], sum: 9)
        return statistics
    }
}
