import InMemoryTracing
import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import MartletTracing
import Synchronization
import Testing
import Tracing

/// The spans of requests, with a tracer in memory.
@Suite(.serialized)
struct TracingTests {
    private static let chat = #"{"model":"scripted","messages":[{"role":"user","content":"my secret"}],"max_tokens":9}"#
    private static let streamed =
        #"{"model":"scripted","messages":[{"role":"user","content":"my secret"}],"stream":true}"#

    /// The spans of a server on which `body` runs, in the order of their ends.
    private nonisolated(nonsending) func spans(
        of backend: any Backend, configure: (inout Server, InMemoryTracer) throws -> Void = { _, _ in },
        while body: nonisolated(nonsending) (RawClient, RunningServer) async throws -> Void
    ) async throws -> [FinishedInMemorySpan] {
        let tracer = InMemoryTracer()
        try await withServer(backend) { server in
            server.trace(with: tracer)
            try configure(&server, tracer)
        } while: { running in
            let client = try await RawClient(running)
            try await body(client, running)
            await client.close()
        }
        #expect(tracer.activeSpans.isEmpty)
        let spans = tracer.finishedSpans
        for span in spans {
            #expect(span.kind == .server)
            #expect(span.startInstant.nanosecondsSinceEpoch <= span.endInstant.nanosecondsSinceEpoch)
            #expect(!"\(span.attributes)".contains("secret"))
        }
        return spans
    }

    private func string(_ span: FinishedInMemorySpan, _ name: String) -> String? {
        if case .string(let text)? = span.attributes.get(name) { text } else { nil }
    }

    private func number(_ span: FinishedInMemorySpan, _ name: String) -> Int64? {
        if case .int64(let number)? = span.attributes.get(name) { number } else { nil }
    }

    @Test func `a span has the attributes of its request, its response and its generation`() async throws {
        let script: [ScriptedStep] = [
            .emit(.usage(promptTokens: 7, cachedTokens: 4)), .text("a"), .delay(.milliseconds(20)), .text("b"),
        ]
        let spans = try await spans(of: ScriptedBackend(script)) { (client, _) async throws in
            for body in [Self.chat, Self.streamed] {
                _ = try await client.ask(
                    .post, "/v1/chat/completions?key=secret",
                    fields: ["User-Agent": "test/1", "x-request-id": "r1"], body: body)
            }
        }
        #expect(spans.map(\.operationName) == Array(repeating: "POST /v1/chat/completions", count: 2))
        for (span, isStreamed) in zip(spans, [false, true]) {
            #expect(string(span, "http.request.method") == "POST")
            #expect(string(span, "http.route") == "/v1/chat/completions")
            #expect(string(span, "url.path") == "/v1/chat/completions")
            #expect(string(span, "client.address") == "127.0.0.1")
            #expect(string(span, "server.address") == "localhost")
            #expect(string(span, "user_agent.original") == "test/1")
            #expect(string(span, "network.protocol.version") == "1.1")
            #expect(number(span, "http.response.status_code") == 200)
            #expect(string(span, "gen_ai.operation.name") == "chat")
            #expect(string(span, "gen_ai.provider.name") == "martlet")
            #expect(string(span, "gen_ai.request.model") == "scripted")
            #expect(number(span, "gen_ai.usage.input_tokens") == 7)
            #expect(number(span, "gen_ai.usage.output_tokens") == 2)
            #expect(number(span, "gen_ai.usage.cache_read.input_tokens") == 4)
            #expect(number(span, "gen_ai.request.choice.count") == 1)
            #expect(number(span, "gen_ai.request.max_tokens") == (isStreamed ? nil : 9))
            #expect(span.attributes.get("gen_ai.request.stream") == .bool(isStreamed))
            #expect(span.attributes.get("gen_ai.response.finish_reasons") == .stringArray(["stop"]))
            #expect(span.attributes.get("http.response.header.x-request-id") == .stringArray(["r1"]))
            #expect(string(span, "error.type") == nil && span.status == nil)
            // The span lasts as long as the response, which the script delays.
            let duration = span.endInstant.nanosecondsSinceEpoch - span.startInstant.nanosecondsSinceEpoch
            #expect(duration >= 20_000_000)
        }
    }

    @Test func `the parent is the one that the request names, and the backend runs in the span`() async throws {
        let seen = Mutex<[InstrumentationContext?]>([])
        let sent = Mutex(HTTPFields())
        let look = ScriptedStep { sink in
            let context = InstrumentationContext.current
            seen.withLock { $0.append(context) }
            try await sink.emit(.text("a"))
        }
        let spans = try await spans(of: ScriptedBackend([look])) { server, tracer in
            try server.route(.get, "/call") { _, writer in
                var fields = HTTPFields()
                if let context = InstrumentationContext.current {
                    tracer.inject(context, into: &fields, using: FieldInjector())
                }
                sent.withLock { $0 = fields }
                writer.send(HTTPResponse(text: "called"))
            }
        } while: { (client, _) async throws in
            let parent: HTTPFields = [InMemoryTracer.traceIDKey: "trace-x", InMemoryTracer.spanIDKey: "span-x"]
            _ = try await client.ask(.post, "/v1/chat/completions", fields: parent, body: Self.chat)
            _ = try await client.ask(.get, "/call", fields: parent)
            _ = try await client.ask(.post, "/v1/chat/completions", body: Self.chat)
            _ = try await client.ask(.get, "/v1/models", fields: parent)
        }
        #expect(spans.count == 4)
        #expect(spans.map(\.parentSpanID) == ["span-x", "span-x", nil, "span-x"])
        #expect(Set([0, 1, 3].map { spans[$0].traceID }) == ["trace-x"] && spans[2].traceID != "trace-x")
        let contexts = seen.withLock { $0 }
        #expect(contexts.map { $0?.inMemorySpanContext?.spanID } == [spans[0].spanID, spans[2].spanID])
        let fields = sent.withLock { $0 }
        #expect(fields[InMemoryTracer.traceIDKey] == "trace-x")
        #expect(fields[InMemoryTracer.spanIDKey] == spans[1].spanID)
    }

    @Test func `refused and malformed requests have a span, and probes do not`() async throws {
        let spans = try await spans(of: ScriptedBackend([.text("a")])) { server, _ in
            try server.route(.get, "/own/{id}") { _, writer in writer.send(HTTPResponse(text: "own")) }
        } while: { (client, _) async throws in
            for path in ["/health", "/", "/load", "/health/ready"] { _ = try await client.ask(.get, path) }
            _ = try await client.ask(.get, "/nothing/7")
            _ = try await client.ask(.put, "/v1/models")
            _ = try await client.ask(HTTPMethod(rawValue: "BREW"), "/v1/models")
            _ = try await client.ask(.post, "/v1/chat/completions", body: "{")
            _ = try await client.ask(.get, "/own/7")
            try await client.send("BAD\r\n\r\n")
            _ = try await client.receiveToEnd()
        }
        #expect(
            spans.map(\.operationName) == [
                "GET", "PUT /v1/models", "HTTP /v1/models", "POST /v1/chat/completions", "GET /own/{id}", "HTTP",
            ])
        #expect(spans.map { number($0, "http.response.status_code") } == [404, 405, 405, 400, 200, 400])
        #expect(string(spans[2], "http.request.method") == "_OTHER")
        #expect(spans.allSatisfy { $0.status == nil && string($0, "error.type") == nil })
    }

    @Test func `failures are errors, and clients that leave are not`() async throws {
        let backend = ScriptedBackend(
            [.fail(BackendError.failed("Broken."))], [.text("a"), .fail(BackendError.failed("Broken."))], [.hang])
        let spans = try await spans(of: backend) { (client, running) async throws in
            #expect(try await client.ask(.post, "/v1/chat/completions", body: Self.chat).code == 500)
            _ = try await client.ask(.post, "/v1/chat/completions", body: Self.streamed)
            try await client.send(.post, "/v1/chat/completions", body: Self.chat)
            try await eventually { backend.started == 3 }
            await client.reset()
            try await eventually { running.counters.tasks == 0 }
        }
        #expect(spans.count == 3)
        #expect(spans.map { $0.status?.code } == [.error, .error, nil])
        #expect(spans.map { number($0, "http.response.status_code") } == [500, 200, nil])
        #expect(string(spans[2], "error.type") == "cancelled_by_client")
        #expect(number(spans[1], "gen_ai.usage.output_tokens") == 1)
    }

    @Test func `a static response needs no task because of a trace`() async throws {
        // A connection beyond the limit gets 503 from everything that needs a task.
        var configuration = ServerConfiguration(port: 0)
        configuration.limits.maximumConnectionsPerLoop = 1
        try await withServer(ScriptedBackend(), configuration: configuration) { server in
            server.trace(with: InMemoryTracer())
        } while: { running in
            let first = try await RawClient(running)
            #expect(try await first.ask(.get, "/health").code == 200)
            let second = try await RawClient(running)
            #expect(try await second.ask(.get, "/v1/models").code == 200)
            await first.close()
            await second.close()
        }
    }

    @Test func `two tracers each have a span of each request`() async throws {
        let other = InMemoryTracer()
        let spans = try await spans(of: ScriptedBackend([.text("a")])) { server, _ in
            server.trace(with: other, excluding: ["/v1/models"])
        } while: { (client, _) async throws in
            _ = try await client.ask(.post, "/v1/chat/completions", body: Self.chat)
            _ = try await client.ask(.get, "/v1/models")
        }
        #expect(spans.count == 2)
        #expect(other.finishedSpans.map(\.operationName) == ["POST /v1/chat/completions"])
        #expect(other.activeSpans.isEmpty)
    }
}
