import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Middleware wraps the tasks of requests.
@Suite(.serialized)
struct WireMiddlewareTests {
    private final class Outcomes: Sendable {
        private let stored = Mutex<[RequestOutcome]>([])
        var all: [RequestOutcome] { stored.withLock { $0 } }
        func append(_ outcome: RequestOutcome) { stored.withLock { $0.append(outcome) } }
    }

    @Test(arguments: [false, true])
    func `next returns the status and the facts of the generation`(isStreamed: Bool) async throws {
        let outcomes = Outcomes()
        try await withClient(
            of: ScriptedBackend([.text("a"), .text("b")], [.fail(BackendError.unavailable("Busy."))])
        ) {
            $0.middleware { _, next in outcomes.append(try await next()) }
        } while: { (client, _) async throws in
            #expect(try await client.chat(isStreamed ? #""stream":true"# : "").code == 200)
            #expect(try await client.chat().code == 503)
            #expect(try await client.ask(.post, "/v1/chat/completions", body: "{").code == 400)
            #expect(try await client.ask(.get, "/health").code == 200)
            try await eventually { outcomes.all.count == 4 }
            let (done, busy, wrong, health) = (outcomes.all[0], outcomes.all[1], outcomes.all[2], outcomes.all[3])
            #expect(done.status == .ok && done.error == nil && !done.hasClientLeft)
            #expect(done.model == "scripted")
            #expect(done.generation?.usage.completionTokens == 2)
            #expect(done.generation?.finishReason == .stop)
            #expect(done.generation?.isStreamed == isStreamed)
            #expect(busy.status == .serviceUnavailable && busy.error?.message == "Busy.")
            #expect(wrong.status == .badRequest && wrong.model == nil && wrong.generation == nil)
            #expect(health.status == .ok)
        }
    }

    @Test func `middleware refuses by throwing, before the model is resolved`() async throws {
        struct Oops: Error {}
        let backend = ScriptedBackend()
        try await withClient(
            of: backend
        ) { server in
            server.middleware(at: "/v1/chat") { request, next in
                switch request.http.fields["X-User"] {
                case "ada": try await next(principal: "ada")
                case "oops": throw Oops()
                case "silent": break
                case "twice":
                    try await next()
                    try await next()
                default: throw OpenAIError(status: 403, message: "Not you.", code: "forbidden")
                }
            }
        } while: { (client, _) async throws in
            func ask(_ user: String, _ path: String = "/v1/chat/completions") async throws -> HTTPResponse {
                try await client.ask(.post, path, fields: ["X-User": user], body: RequestText.chat())
            }
            #expect(try await ask("ada").code == 200)
            try expect(try await ask("eve"), is: 403, code: "forbidden")
            // The spelling without the prefix is the same route.
            try expect(try await ask("eve", "/chat/completions"), is: 403, code: "forbidden")
            try expect(try await ask("oops"), is: 500, "server_error", code: "server_error")
            try expect(try await ask("silent"), is: 500, "server_error", code: "server_error")
            #expect(backend.started == 1)
            #expect(try await ask("twice").code == 200)
            #expect(backend.started == 2)
            #expect(try await client.complete().code == 200)
        }
    }

    @Test func `the first middleware is outermost, and the principal reaches those inside and the backend`()
        async throws
    {
        let order = Mutex<[String]>([])
        let backend = ChatProbe { request, _ in order.withLock { $0.append(request.context.principal?.id ?? "") } }
        try await withClient(
            of: backend
        ) { server in
            server.gate { _ in .principal("gate") }
            for name in ["outer", "inner"] {
                server.middleware { request, next in
                    order.withLock { $0.append("\(name) \(request.context.principal?.id ?? "")") }
                    try await next(principal: name == "outer" ? "outer" : nil)
                    order.withLock { $0.append("\(name) ends") }
                }
            }
        } while: { (client, _) async throws in
            #expect(try await client.chat().code == 200)
            try await eventually { order.withLock { $0.count } == 5 }
            #expect(order.withLock { $0 } == ["outer gate", "inner outer", "outer", "inner ends", "outer ends"])
        }
    }

    @Test(arguments: [false, true])
    func `response fields are added until the head is sent`(isStreamed: Bool) async throws {
        try await withClient(
            of: ScriptedBackend([.text("a")])
        ) { server in
            server.middleware { request, next in
                let fields = request.context.responseFields
                #expect(fields.append("X-Trace", "t1\r\nX-Forged: 1"))
                #expect(!fields.append("Content-Length", "3"))
                #expect(!fields.append("two words", "3"))
                try await next()
            }
            try server.route(.get, "/own") { _, writer in writer.send(HTTPResponse(text: "own")) }
        } while: { (client, _) async throws in
            let chat = try await client.chat(isStreamed ? #""stream":true"# : "")
            for response in [
                chat, try await client.ask(.get, "/own"), try await client.ask(.get, "/health"),
                try await client.ask(.post, "/v1/chat/completions", body: "{"),
            ] {
                #expect(response[field: "X-Trace"] == "t1  X-Forged: 1")
                #expect(response.head.fields.values(of: "Content-Length").count <= 1)
            }
        }
    }

    @Test func `a backend adds fields to its response, and not to one that has begun`() async throws {
        let results = Mutex<[Bool]>([])
        let begun = Gate()
        let backend = FieldBackend(begun: begun) { added in results.withLock { $0.append(added) } }
        try await withClient(of: backend) { (client, _) async throws in
            try await client.sendChat(#""stream":true"#)
            let head = try await client.receiveHead()
            #expect(head.fields["X-Early"] == "1")
            begun.open()
            while try await client.receiveContent() != nil {}
            #expect(results.withLock { $0 } == [true, false])
        }
    }

    private struct FieldBackend: ChatBackend {
        let begun: Gate
        let report: @Sendable (Bool) -> Void

        func listModels() -> [Model] { ["scripted"] }

        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
            report(request.context.responseFields.append("X-Early", "1"))
            try await sink.emit("a")
            try await begun.pass()
            report(request.context.responseFields.append("X-Late", "1"))
        }
    }

    @Test func `a client that leaves ends next`() async throws {
        let outcomes = Outcomes()
        let backend = ScriptedBackend([.hang])
        try await withClient(
            of: backend
        ) {
            $0.middleware { _, next in outcomes.append(try await next()) }
        } while: { (client, _) async throws in
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            await client.reset()
            try await eventually { outcomes.all.count == 1 }
            #expect(outcomes.all[0].hasClientLeft && outcomes.all[0].status == nil)
        }
    }

    @Test func `a route is covered by its path and the paths above it`() async throws {
        let seen = Mutex<[String]>([])
        try await withClient(
            of: ScriptedBackend()
        ) { server in
            for path in ["/v1", "/v1/models/", "/v1/mod", "/items/{id}"] {
                server.middleware(at: path) { _, next in
                    seen.withLock { $0.append(path) }
                    try await next()
                }
            }
            try server.route(.get, "/items/{id}") { _, writer in writer.send(HTTPResponse(text: "item")) }
        } while: { (client, _) async throws in
            for (path, expected) in [
                ("/v1/models", ["/v1", "/v1/models/"]), ("/v1/models/x", ["/v1", "/v1/models/"]),
                ("/items/7", ["/items/{id}"]), ("/health", []), ("/nothing", []),
            ] {
                seen.withLock { $0 = [] }
                _ = try await client.ask(.get, path)
                #expect(seen.withLock { $0 } == expected, "\(path)")
            }
        }
    }
}
