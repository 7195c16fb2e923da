import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import MartletTracing
import MetricsTestKit
import Testing

/// What a factory of swift-metrics gets.
@Suite(.serialized)
struct ReportedMetricsTests {
    private static let chat = #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}]}"#

    private nonisolated(nonsending) func metrics(
        of backend: any Backend, _ body: nonisolated(nonsending) (RawClient) async throws -> Void
    ) async throws -> TestMetrics {
        let metrics = TestMetrics()
        try await withServer(backend) { server in
            server.reportMetrics(to: metrics)
        } while: { running in
            let client = try await RawClient(running)
            try await body(client)
            await client.close()
        }
        return metrics
    }

    @Test func `requests are timed by route and status, and tokens are counted by model`() async throws {
        let backend = ScriptedBackend([.emit(.usage(promptTokens: 7)), .text("a"), .text("b")])
        let metrics = try await metrics(of: backend) { client in
            for _ in 0..<3 { _ = try await client.ask(.post, "/v1/chat/completions", body: Self.chat) }
            _ = try await client.ask(.get, "/nothing/1")
            _ = try await client.ask(.get, "/nothing/2")
            _ = try await client.ask(.post, "/v1/embeddings", body: #"{"model":"scripted","input":[[1,2]]}"#)
        }
        let requests = try metrics.expectTimer(
            "http.server.request.duration",
            [
                ("http.request.method", "POST"), ("http.route", "/v1/chat/completions"),
                ("http.response.status_code", "200"),
            ])
        #expect(requests.values.count == 3 && requests.values.allSatisfy { $0 > 0 })
        let unknown = try metrics.expectTimer(
            "http.server.request.duration",
            [("http.request.method", "GET"), ("http.response.status_code", "404")])
        #expect(unknown.values.count == 2)
        let model = [
            ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "martlet"),
            ("gen_ai.request.model", "scripted"),
        ]
        for name in ["request.duration", "time_to_first_token", "time_per_output_token"] {
            #expect(try metrics.expectTimer("gen_ai.server.\(name)", model).values.count == 3, "\(name)")
        }
        let name = "gen_ai.client.token.usage"
        #expect(try metrics.expectRecorder(name, model + [("gen_ai.token.type", "input")]).values == [7, 7, 7])
        #expect(try metrics.expectRecorder(name, model + [("gen_ai.token.type", "output")]).values == [2, 2, 2])
        #expect(metrics.recorders(label: name).count == 3)
    }

    @Test func `a failure has its type`() async throws {
        let metrics = try await metrics(of: ScriptedBackend([.fail(BackendError.failed("Broken."))])) { client in
            let code = try await client.ask(.post, "/v1/chat/completions", body: Self.chat).code
            #expect(code == 500)
        }
        let timers = metrics.timers(label: "gen_ai.server.request.duration")
        #expect(timers.count == 1)
        #expect(timers.first?.dimensions.contains { $0.0 == "error.type" } == true)
    }
}
