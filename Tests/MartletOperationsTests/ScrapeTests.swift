import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

@testable import MartletOperations

/// `GET /metrics`: who gets it, in which form, and what it has besides the requests.
@Suite(.serialized)
struct ScrapeTests {
    @Test func `a scrape needs the permission metrics`() async throws {
        let keys = try StaticKeys(["an-administrator's-key-of-length"])
        try await withMetrics(of: ScriptedBackend()) { server, _ in
            server.authenticator = keys
            server.gate { request in
                request.head.fields["x-limited"] == nil ? .pass : .principal(Principal("ada", permissions: [.infer]))
            }
        } while: { (client, _) async throws in
            let key: HTTPFields = ["Authorization": "Bearer an-administrator's-key-of-length"]
            #expect(try await client.ask(.get, "/metrics").code == 401)
            #expect(try await client.ask(.get, "/metrics", fields: key).code == 200)
            var limited = key
            limited.append("x-limited", "1")
            let refusal = try await client.ask(.get, "/metrics", fields: limited)
            #expect(refusal.code == 403 && String(decoding: refusal.body, as: UTF8.self).contains("`metrics`"))
        }
    }

    @Test func `where operators have addresses of their own, the scrape is only there`() async throws {
        var configuration = ServerConfiguration(port: 0)
        configuration.adminListen = [.tcp(port: 0)]
        try await withMetrics(of: ScriptedBackend(), configuration: configuration) { (client, running) async throws in
            #expect(try await client.ask(.get, "/metrics").code == 404)
            let port = try #require(running.adminAddresses.first?.port)
            let operators = try await RawClient(port: port)
            let scrape = try await operators.scrape(whenCounting: 1)
            #expect(scrape[#"http_requests_total{handler="none",method="GET",status="4xx"}"#] == 1)
            await operators.close()
        }
    }

    @Test func `a scrape has the content type of its format, and HEAD no content`() async throws {
        try await withMetrics(of: ScriptedBackend()) { (client, _) async throws in
            let text = try await client.ask(.get, "/metrics")
            #expect(text.head.fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            let open = try await client.ask(
                .get, "/metrics", fields: ["Accept": "application/openmetrics-text; version=1.0.0"])
            #expect(
                open.head.fields["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
            let content = String(decoding: open.body, as: UTF8.self)
            #expect(content.hasSuffix("\n# EOF\n"))
            _ = try Scrape(content)
            let head = try await client.ask(.head, "/metrics")
            #expect(head.code == 200 && head.body.isEmpty)
            #expect(try await client.ask(.post, "/metrics").code == 405)
        }
    }

    @Test func `a prefix replaces Martlet's, and an invalid one is an error`() async throws {
        try await withMetrics(of: ScriptedBackend(), prefix: "vllm") { (client, _) async throws in
            let scrape = try await client.scrape()
            #expect(scrape[#"vllm:num_requests_waiting{model_name="scripted"}"#] == 0)
            #expect(!scrape.text.contains("martlet:"))
        }
        var server = Server(ScriptedBackend())
        for prefix in ["", "9", "a b", "é"] {
            #expect(throws: ServerError.self) { try server.serveMetrics(prefix: prefix) }
        }
        #expect(server.measurements == nil)
        try server.serveMetrics()
        #expect(throws: ServerError.self, "the route exists") { try server.serveMetrics(prefix: "vllm") }
    }

    @Test func `an application adds metrics, whose names are checked`() async throws {
        try await withMetrics(of: ScriptedBackend()) { _, metrics in
            try metrics.add(.counter("events_dropped_total", help: "Dropped.") { 3 })
            try metrics.add(.gauge("temperature", help: "Warm.") { 21.5 })
            for source: MetricSource in [
                .counter("drops", help: "") { 0 }, .gauge("a b", help: "") { 0 }, .gauge("temperature", help: "") { 0 },
                .counter("prompt_tokens_total", help: "") { 0 }, .gauge("tasks", help: "") { 0 },
            ] {
                #expect(throws: ServerError.self, "\(source.name)") { try metrics.add(source) }
            }
        } while: { (client, _) async throws in
            let scrape = try await client.scrape()
            #expect(scrape["martlet:events_dropped_total"] == 3)
            #expect(scrape["martlet:temperature"] == 21.5)
            let added: Set = ["events_dropped_total", "temperature"]
            let own = scrape.types.keys.filter { $0.hasPrefix("martlet:") }.map { String($0.dropFirst(8)) }
            #expect(Set(own) == ServerMetrics.names.union(added))
        }
    }

    @Test func `a scrape does not occupy the loop, also where all backends run on it`() async throws {
        var backend = ScriptedBackend()
        backend.placement = .loop
        let isAnswered = Mutex(false)
        try await withMetrics(of: backend) { _, metrics in
            // 1 if another request is answered while the scrape computes.
            let source = MetricSource.gauge("answered_meanwhile", help: "Whether the loop is free.") {
                let end = ContinuousClock.now + .seconds(10)
                while ContinuousClock.now < end { if isAnswered.withLock({ $0 }) { return 1 } }
                return 0
            }
            try metrics.add(source)
        } while: { (client, running) async throws in
            try await client.send(.get, "/metrics")
            try await eventually { running.counters.tasks == 1 }
            let other = try await RawClient(running)
            #expect(try await other.ask(.get, "/health").code == 200)
            isAnswered.withLock { $0 = true }
            let scrape = try Scrape(String(decoding: try await client.receiveResponse().body, as: UTF8.self))
            #expect(scrape["martlet:answered_meanwhile"] == 1)
            await other.close()
        }
    }

    @Test func `each loop's lateness is measured, and the process is described`() async throws {
        var configuration = ServerConfiguration(port: 0)
        configuration.loopCount = 2
        try await withMetrics(of: ScriptedBackend(), configuration: configuration) { (client, _) async throws in
            var scrape = try await client.scrape()
            try await eventually {
                scrape = try await client.scrape()
                return ["0", "1"].allSatisfy {
                    scrape["martlet:event_loop_lag_seconds_count{loop=\"\($0)\"}"] ?? 0 > 0
                }
            }
            #if os(Linux)
                #expect(scrape["process_cpu_seconds_total"] ?? 0 > 0)
                #expect(scrape["process_resident_memory_bytes"] ?? 0 > 1_000_000)
                #expect(scrape["process_virtual_memory_bytes"] ?? 0 > 1_000_000)
                #expect(scrape["process_open_fds"] ?? 0 > 3)
                #expect(scrape["process_max_fds"] ?? 0 > scrape["process_open_fds"] ?? 0)
                #expect(scrape["process_start_time_seconds"] ?? 0 > 1_700_000_000)
            #endif
        }
    }

    @Test func `the lists of several models and their backends are labels`() async throws {
        var first = ScriptedBackend([.text("a"), .text("b"), .text("c")])
        first.models = ["a", "b"]
        var second = ScriptedBackend([.text("a"), .text("b"), .text("c")])
        second.models = ["c"]
        try await withServer([first, second]) { server in
            try server.serveMetrics()
        } while: { running in
            let client = try await RawClient(running)
            let body = #"{"model":"b","messages":[{"role":"user","content":"Hi"}]}"#
            #expect(try await client.ask(.post, "/v1/chat/completions", body: body).code == 200)
            let scrape = try await client.scrape(whenCounting: 1)
            #expect(scrape[#"martlet:num_requests_running{model_name="a,b"}"#] == 0)
            #expect(scrape[#"martlet:num_requests_running{model_name="c"}"#] == 0)
            #expect(scrape[#"martlet:generation_tokens_total{model_name="a"}"#] == 0)
            #expect(scrape[#"martlet:generation_tokens_total{model_name="b"}"#] == 3)
            await client.close()
        }
    }

    @Test func `statistics of a backend are read at a scrape`() async throws {
        try await withMetrics(of: WildcardBackend()) { (client, _) async throws in
            let scrape = try await client.scrape()
            #expect(scrape[#"martlet:kv_cache_usage_perc{model_name="listed"}"#] == 0.25)
            #expect(scrape[#"martlet:prefix_cache_queries_total{model_name="listed"}"#] == 8)
            #expect(scrape[#"martlet:prefix_cache_hits_total{model_name="listed"}"#] == nil)
            #expect(scrape[#"martlet:iteration_tokens_total_bucket{model_name="listed",le="8.0"}"#] == 3)
            #expect(scrape[#"martlet:iteration_tokens_total_count{model_name="listed"}"#] == 3)
        }
    }
}
