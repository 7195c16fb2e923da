import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletOperations

/// `GET /metrics`: what is counted of requests with every kind of ending.
@Suite(.serialized)
struct MetricsTests {
    private static func chat(_ more: String = "") -> String {
        #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}]\#(more.isEmpty ? "" : "," + more)}"#
    }

    private static let tokens: [ScriptedStep] = [.emit(.usage(promptTokens: 7)), .text("a"), .text("b"), .text("c")]

    @Test func `complete and streamed replies are counted as their clients saw them`() async throws {
        try await withMetrics(of: ScriptedBackend(Self.tokens)) { (client, _) async throws in
            var size = 0
            for more in ["", #""max_tokens":2"#, #""stream":true"#, #""stream":true,"max_tokens":50"#] {
                let response = try await client.ask(.post, "/v1/chat/completions", body: Self.chat(more))
                #expect(response.code == 200)
                size += response.body.count
            }
            let scrape = try await client.scrape(whenCounting: 4)
            let model = #"{model_name="scripted"}"#
            #expect(scrape[#"martlet:request_success_total{model_name="scripted",finished_reason="stop"}"#] == 3)
            #expect(scrape[#"martlet:request_success_total{model_name="scripted",finished_reason="length"}"#] == 1)
            #expect(scrape[#"martlet:request_success_total{model_name="scripted",finished_reason="abort"}"#] == 0)
            #expect(scrape["martlet:prompt_tokens_total\(model)"] == 28)
            #expect(scrape["martlet:generation_tokens_total\(model)"] == 11)
            #expect(scrape["martlet:request_generation_tokens_sum\(model)"] == 11)
            #expect(scrape["martlet:request_prompt_tokens_sum\(model)"] == 28)
            #expect(scrape["martlet:request_params_max_tokens_sum\(model)"] == 52)
            #expect(scrape["martlet:request_params_max_tokens_count\(model)"] == 2)
            #expect(scrape["martlet:request_params_n_sum\(model)"] == 4)
            for name in [
                "time_to_first_token_seconds", "e2e_request_latency_seconds", "request_queue_time_seconds",
                "request_prefill_time_seconds", "request_decode_time_seconds", "request_inference_time_seconds",
                "request_time_per_output_token_seconds",
            ] {
                #expect(scrape["martlet:\(name)_count\(model)"] == 4, "\(name)")
            }
            #expect(scrape["martlet:num_requests_running\(model)"] == 0)
            #expect(scrape["martlet:num_requests_waiting\(model)"] == 0)
            let handler = #"handler="/v1/chat/completions""#
            #expect(scrape["http_requests_total{\(handler),method=\"POST\",status=\"2xx\"}"] == 4)
            #expect(scrape["http_request_duration_seconds_count{\(handler),method=\"POST\"}"] == 4)
            #expect(scrape["http_request_size_bytes_count{\(handler)}"] == 4)
            #expect(scrape["http_response_size_bytes_sum{\(handler)}"] ?? 0 > Double(size))
            #expect(scrape["martlet:build_info{version=\"\(Version.current)\"}"] == 1)
        }
    }

    @Test func `times between tokens are counted between the writes of a stream`() async throws {
        let gates = [Gate(), Gate(), Gate()]
        let script: [ScriptedStep] = [.text("a")] + gates.flatMap { [.wait(for: $0), .text("b"), .text("c")] }
        try await withMetrics(of: ScriptedBackend(script)) { (client, _) async throws in
            try await client.send(.post, "/v1/chat/completions", body: Self.chat(#""stream":true"#))
            _ = try await client.receiveHead()
            while try await client.receiveEvent()?.contains(#""a""#) != true {}
            for gate in gates {
                gate.open()
                // Both tokens, which leave in one write or in two.
                while try await client.receiveEvent()?.contains(#""c""#) != true {}
            }
            while try await client.receiveEvent() != nil {}
            // A reply that is not streamed has no intervals.
            _ = try await client.ask(.post, "/v1/chat/completions", body: Self.chat())
            let scrape = try await client.scrape(whenCounting: 2)
            let count = scrape[#"martlet:inter_token_latency_seconds_count{model_name="scripted"}"#]
            #expect((3...6).contains(count ?? 0), "\(count ?? 0)")
        }
    }

    @Test func `refused requests are counted by status, and unknown paths, methods and models are one label`()
        async throws
    {
        try await withMetrics(of: ScriptedBackend(Self.tokens)) { (client, running) async throws in
            for number in 0..<20 {
                #expect(try await client.ask(.get, "/nothing/\(number)").code == 404)
                let body = #"{"model":"none-\#(number)","messages":[{"role":"user","content":"Hi"}]}"#
                #expect(try await client.ask(.post, "/v1/chat/completions", body: body).code == 404)
                #expect(try await client.ask(HTTPMethod(rawValue: "M\(number)"), "/v1/models").code == 405)
            }
            #expect(try await client.ask(.post, "/v1/chat/completions", body: "{").code == 400)
            #expect(try await client.ask(.get, "/v1/models/scripted").code == 200)
            let other = try await RawClient(running)
            try await other.send("BAD\r\n\r\n")
            _ = try await other.receiveToEnd()
            let scrape = try await client.scrape(whenCounting: 63)
            #expect(scrape[#"http_requests_total{handler="none",method="GET",status="4xx"}"#] == 20)
            #expect(scrape[#"http_requests_total{handler="none",method="none",status="4xx"}"#] == 1)
            #expect(scrape[#"http_requests_total{handler="/v1/models",method="other",status="4xx"}"#] == 20)
            #expect(scrape[#"http_requests_total{handler="/v1/chat/completions",method="POST",status="4xx"}"#] == 21)
            #expect(scrape[#"http_requests_total{handler="/v1/models/{id}",method="GET",status="2xx"}"#] == 1)
            #expect(!scrape.text.contains("none-") && !scrape.text.contains("nothing"))
            #expect(scrape.sum(of: "martlet:request_success_total") == 0)
            #expect(scrape.samples.keys.filter { $0.hasPrefix("http_requests_total") }.count <= 6)
        }
    }

    @Test func `a model that is not listed is other`() async throws {
        let backend = WildcardBackend()
        try await withMetrics(of: backend) { (client, _) async throws in
            for number in 0..<3 {
                for more in ["", #","stream":true"#] {
                    let body = #"{"model":"m\#(number)","messages":[{"role":"user","content":"Hi"}]\#(more)}"#
                    #expect(try await client.ask(.post, "/v1/chat/completions", body: body).code == 200)
                }
            }
            let scrape = try await client.scrape(whenCounting: 6)
            #expect(scrape[#"martlet:request_success_total{model_name="other",finished_reason="stop"}"#] == 6)
            #expect(scrape[#"martlet:inter_token_latency_seconds_count{model_name="other"}"#] != nil)
            #expect(!scrape.text.contains(#""m0""#))
            #expect(scrape[#"martlet:generation_tokens_total{model_name="listed"}"#] == 0)
        }
    }

    @Test func `failed, cancelled and late requests are counted as such`() async throws {
        let backend = ScriptedBackend(
            [.fail(BackendError.failed("Broken."))], [.text("a"), .fail(BackendError.failed("Broken."))], [.hang],
            [.text("a"), .hang])
        var configuration = ServerConfiguration(port: 0)
        configuration.requestTimeout = .seconds(600)
        try await withMetrics(of: backend, configuration: configuration) { (client, running) async throws in
            #expect(try await client.ask(.post, "/v1/chat/completions", body: Self.chat()).code == 500)
            _ = try await client.ask(.post, "/v1/chat/completions", body: Self.chat(#""stream":true"#))
            for (count, isStreamed) in [(3, false), (4, true)] {
                let leaving = try await RawClient(running)
                try await leaving.send(
                    .post, "/v1/chat/completions", body: Self.chat(isStreamed ? #""stream":true"# : ""))
                try await eventually { backend.started == count }
                if isStreamed { while try await leaving.receive(through: "\n\n").isEmpty {} }
                if count == 3 {
                    let scrape = try await client.scrape()
                    #expect(scrape[#"martlet:num_requests_running{model_name="scripted"}"#] == 1)
                }
                await leaving.reset()
                try await eventually { running.counters.tasks <= 1 }
            }
            let scrape = try await client.scrape(whenCounting: 4)
            #expect(scrape[#"martlet:request_success_total{model_name="scripted",finished_reason="error"}"#] == 2)
            #expect(scrape[#"martlet:request_success_total{model_name="scripted",finished_reason="abort"}"#] == 2)
            #expect(scrape[#"martlet:generation_tokens_total{model_name="scripted"}"#] == 2)
            #expect(scrape[#"martlet:e2e_request_latency_seconds_count{model_name="scripted"}"#] == 0)
            #expect(scrape[#"martlet:time_to_first_token_seconds_count{model_name="scripted"}"#] == 2)
            // The client that left without a response counts as 499, the one that left its stream as 200.
            let handler = #"handler="/v1/chat/completions",method="POST""#
            #expect(scrape["http_requests_total{\(handler),status=\"5xx\"}"] == 1)
            #expect(scrape["http_requests_total{\(handler),status=\"4xx\"}"] == 1)
            #expect(scrape["http_requests_total{\(handler),status=\"2xx\"}"] == 2)
        }
    }

    @Test func `absurd token counts of a backend do no harm`() async throws {
        let script: [ScriptedStep] = [
            .text("a"), .emit(.usage(promptTokens: .max / 2, completionTokens: .max / 2)),
        ]
        let negative: [ScriptedStep] = [.text("a"), .emit(.usage(promptTokens: -5, completionTokens: .min / 2))]
        try await withMetrics(of: ScriptedBackend(script, script, script, negative)) { (client, _) async throws in
            for _ in 0..<4 { _ = try await client.ask(.post, "/v1/chat/completions", body: Self.chat()) }
            let scrape = try await client.scrape(whenCounting: 4)
            #expect(scrape[#"martlet:request_generation_tokens_count{model_name="scripted"}"#] == 4)
            #expect(scrape[#"martlet:request_prompt_tokens_bucket{model_name="scripted",le="1.0"}"#] == 1)
        }
    }

    @Test func `embeddings are counted with their tokens`() async throws {
        try await withMetrics(of: ScriptedBackend()) { (client, _) async throws in
            let body = #"{"model":"scripted","input":[[1,2],[3]]}"#
            #expect(try await client.ask(.post, "/v1/embeddings", body: body).code == 200)
            let scrape = try await client.scrape(whenCounting: 1)
            #expect(scrape[#"martlet:prompt_tokens_total{model_name="scripted"}"#] == 3)
            #expect(scrape[#"martlet:request_success_total{model_name="scripted",finished_reason="stop"}"#] == 1)
            #expect(scrape[#"martlet:e2e_request_latency_seconds_count{model_name="scripted"}"#] == 1)
            #expect(scrape[#"martlet:request_generation_tokens_count{model_name="scripted"}"#] == 0)
        }
    }

    @Test func `principals are counted by name`() async throws {
        try await withMetrics(of: ScriptedBackend(Self.tokens)) { server, _ in
            server.gate { request in
                request.head.fields["x-user"].map { .principal(Principal($0)) } ?? .pass
            }
        } while: { (client, _) async throws in
            for name in ["ada", "ada", "bob\"\\"] {
                _ = try await client.ask(.post, "/v1/chat/completions", fields: ["x-user": name], body: Self.chat())
            }
            _ = try await client.ask(.get, "/v1/models", fields: ["x-user": "ada"])
            _ = try await client.ask(.get, "/health")
            let scrape = try await client.scrape(whenCounting: 5)
            #expect(scrape[#"martlet:principal_requests_total{principal="ada"}"#] == 3)
            #expect(scrape[#"martlet:principal_requests_total{principal="bob\"\\"}"#] == 1)
            #expect(scrape[#"martlet:principal_generation_tokens_total{principal="ada"}"#] == 6)
            #expect(scrape[#"martlet:principal_prompt_tokens_total{principal="bob\"\\"}"#] == 7)
        }
    }
}
