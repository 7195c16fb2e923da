import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// `martlet serve --metrics`.
@Suite(.serialized) struct ServeMetricsTests {
    /// Longer than a block of the cache.
    private static let question = "What is the capital of France, and what is the capital of Germany?"
    private static let chat = #"{"messages":[{"role":"user","content":"\#(question)"}]}"#

    @Test func `metrics are served on request, and the engine reports its cache and its steps`() async throws {
        try await MartletExecutable.serve(["--port", "0", "--metrics", "--metrics-prefix", "vllm"]) { server in
            let client = try await server.connect()
            for _ in 0..<2 {
                #expect(try await client.ask(.post, "/v1/chat/completions", body: Self.chat).code == 200)
            }
            var lines: [Substring] = []
            func value(_ series: String) -> Double? {
                lines.first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
            }
            try await eventually {
                let text = try await client.ask(.get, "/metrics").text
                lines = text.split(separator: "\n")
                return value(#"vllm:request_success_total{model_name="toy",finished_reason="stop"}"#) == 2
            }
            let model = #"{model_name="toy"}"#
            let queries = try #require(value("vllm:prefix_cache_queries_total\(model)"))
            let hits = try #require(value("vllm:prefix_cache_hits_total\(model)"))
            #expect(queries > 0 && hits > 0 && hits < queries)
            #expect(value("vllm:prompt_tokens_total\(model)") == queries)
            #expect(value("vllm:kv_cache_usage_perc\(model)") == 0)
            #expect(value("vllm:num_preemptions_total\(model)") == 0)
            #expect(value("vllm:iteration_tokens_total_count\(model)") ?? 0 > 2)
            #expect(value("vllm:num_requests_running\(model)") == 0)
        }
    }

    @Test func `without the option there is no route`() async throws {
        try await MartletExecutable.serve { server in
            let code = try await server.connect().ask(.get, "/metrics").code
            #expect(code == 404)
        }
    }

    @Test func `environment variables set both options`() async throws {
        let environment = ["MARTLET_PORT": "0", "MARTLET_METRICS": "1", "MARTLET_METRICS_PREFIX": "mine"]
        try await MartletExecutable.serve([], environment: environment) { server in
            let text = try await server.connect().ask(.get, "/metrics").text
            #expect(text.contains("\nmine:num_requests_running"))
        }
    }

    @Test(arguments: [
        (["--metrics-prefix", "vllm"], "--metrics-prefix has no effect without --metrics"),
        (["--metrics", "--metrics-prefix", "9x"], "--metrics-prefix must be letters, digits and _"),
        (["--metrics", "--metrics-prefix", ""], "--metrics-prefix must be letters, digits and _"),
    ])
    func `a wrong prefix is named`(arguments: [String], text: String) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, ["serve", "--port", "0"] + arguments) {
            try await $0.outcome()
        }
        #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome)")
    }
}
