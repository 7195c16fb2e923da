import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// The records of requests that observers get.
@Suite(.serialized)
struct WireRecordTests {
    private final class Records: Sendable {
        private let stored = Mutex<[RequestRecord]>([])
        var all: [RequestRecord] { stored.withLock { $0 } }
        func append(_ records: [RequestRecord]) { stored.withLock { $0 += records } }

        /// The records of a server on which `body` runs. The server has ended when this returns.
        static nonisolated(nonsending) func of(
            _ backend: any Backend, _ configuration: ServerConfiguration = ServerConfiguration(port: 0),
            configure: (inout Server) throws -> Void = { _ in },
            while body: nonisolated(nonsending) (RawClient, RunningServer) async throws -> Void
        ) async throws -> [RequestRecord] {
            let records = Records()
            try await withClient(
                of: backend, configuration,
                configure: { server in
                    server.onRequestEnd { records.append($0) }
                    try configure(&server)
                }, while: body)
            return records.all
        }
    }

    @Test func `every request has a record, in order, all delivered when the server has ended`() async throws {
        let records = try await Records.of(
            ScriptedBackend([.text("a")])
        ) {

            try $0.route(.get, "/items/{id}") { _, writer in writer.send(HTTPResponse(text: "item")) }
            try $0.route(.get, "/mute") { _, _ in }

        } while: { (client, _) async throws in
            _ = try await client.ask(.get, "/health")
            _ = try await client.ask(.head, "/models/scripted", fields: ["x-request-id": "mine"])
            _ = try await client.ask(.get, "/items/7?x=1")
            _ = try await client.ask(.get, "/nothing")
            _ = try await client.ask(.put, "/v1/models")
            _ = try await client.ask(.post, "/v1/files", body: "{}")
            _ = try await client.ask(
                .post, "/v1/chat/completions", fields: ["Content-Encoding": "gzip"], body: "{}")
            _ = try await client.ask(.get, "/mute")
            _ = try await client.ask(.post, "/v1/chat/completions", body: "{")
            _ = try await client.ask(.post, "/v1/chat/completions", body: #"{"model":"other"}"#)
            try await client.send("BAD\r\n\r\n")
            _ = try await client.receiveToEnd()
        }
        #expect(
            records.map {
                "\($0.exchange.method?.rawValue ?? "-") \($0.exchange.route ?? "-") \($0.exchange.status?.code ?? 0)"
            }
                == [
                    "GET /health 200", "HEAD /v1/models/{id} 200", "GET /items/{id} 200", "GET - 404",
                    "PUT /v1/models 405", "POST - 501", "POST /v1/chat/completions 415", "GET /mute 500",
                    "POST /v1/chat/completions 400",
                    "POST /v1/chat/completions 404", "- - 400",
                ])
        #expect(records.map { $0.error?.status ?? 0 } == [0, 0, 0, 404, 405, 501, 415, 500, 400, 404, 400])
        #expect(Set(records.map(\.exchange.clientAddress)) == ["127.0.0.1"])
        #expect(records.map(\.exchange.ending) == Array(repeating: .complete, count: 10) + [.refused])
        #expect(records[1].exchange.requestID == "mine")
        #expect(records[2].exchange.head?.target == "/items/7?x=1")
        #expect(records[0].exchange.requestID?.hasPrefix("req_") == true)
        for record in records {
            #expect(record.cancellation == nil && record.generation == nil)
            #expect(record.exchange.requestBytes > 0 && record.exchange.responseBytes > 0)
            #expect(record.exchange.duration > .zero)
        }
    }

    @Test(arguments: [false, true])
    func `a generation's record has its model, principal, times and counts`(isStreamed: Bool) async throws {
        let backend = ScriptedBackend([.text("a"), .text("b"), .text("c")])
        let more = isStreamed ? #""stream":true,"max_tokens":2"# : #""max_tokens":2"#
        let records = try await Records.of(
            backend, .with(\.modelAliases, ["alias": "scripted"])
        ) {
            $0.gate { _ in .principal("ada") }
        } while: { (client, _) async throws in
            let body = RequestText.chat(more).replacing(#""scripted""#, with: #""alias""#)
            #expect(try await client.ask(.post, "/v1/chat/completions", body: body).code == 200)
        }
        let record = try #require(records.first)
        #expect(records.count == 1)
        #expect(record.model == "scripted")
        #expect(record.principal == "ada")
        let generation = try #require(record.generation)
        #expect(generation.isStreamed == isStreamed)
        #expect(generation.usage.completionTokens == 2)
        #expect(generation.finishReason == .length && generation.stop == nil)
        #expect(generation.queueWait == .zero)
        let (first, last) = (try #require(generation.firstEvent), try #require(generation.lastEvent))
        #expect(record.exchange.start <= first && first <= last && last <= record.exchange.end)
    }

    @Test func `a record has the stop string that ended the reply`() async throws {
        let records = try await Records.of(ScriptedBackend([.text("one. two")])) { (client, _) async throws in
            _ = try await client.chat(#""stream":true,"stop":["x","."]"#)
            _ = try await client.chat(#""stop":["."]"#)
            _ = try await client.chat()
        }
        #expect(records.map(\.generation?.stop) == [.string("."), .string("."), nil])
        #expect(records.allSatisfy { $0.generation.map { $0.arrival <= $0.firstEvent ?? .now } == true })
    }

    @Test func `embeddings have the facts of their work`() async throws {
        let records = try await Records.of(ScriptedBackend()) { (client, _) async throws in
            #expect(try await client.embed("[[1,2],[3]]").code == 200)
        }
        #expect(records.first?.model == "scripted")
        #expect(records.first?.generation?.usage.promptTokens == 3)
        #expect(records.first?.generation?.queueWait == .zero)
    }

    @Test func `a client that leaves is recorded with the facts so far`() async throws {
        let records = try await Records.of(ScriptedBackend([.text("a"), .hang])) { (client, server) async throws in
            try await client.sendChat(#""stream":true"#)
            _ = try await client.receiveHead()
            while try await client.receiveEvent()?.contains("\"a\"") != true {}
            await client.reset()
            try await eventually { server.counters.tasks == 0 }
        }
        #expect(records.count == 1)
        #expect(records.first?.exchange.ending == .clientLeft)
        #expect(records.first?.exchange.status == .ok)
        #expect(records.first?.cancellation == .client)
        #expect(records.first?.generation?.usage.completionTokens == 1)
        #expect(records.first?.generation?.finishReason == nil)
        #expect(records.first?.error == nil)
    }

    @Test func `a timeout and a shutdown are recorded as such`() async throws {
        let late = try await Records.of(ScriptedBackend([.hang]), .with(\.requestTimeout, .milliseconds(50))) {
            (client, _) async throws in
            #expect(try await client.chat().code == 504)
        }
        #expect(late.map(\.cancellation) == [.timeout])
        #expect(late.map(\.error?.code) == ["timeout"])
        let backend = ScriptedBackend([.hang])
        let stopped = try await Records.of(backend, .with(\.drainTimeout, .seconds(600))) {
            (client, server) async throws in
            try await client.sendChat()
            try await eventually { backend.started == 1 }
            server.shutdown()
            #expect(try await client.receiveResponse().code == 503)
        }
        #expect(stopped.map(\.cancellation) == [.shutdown])
        #expect(stopped.map(\.exchange.status) == [.serviceUnavailable])
    }

    @Test func `a failed backend's error is the client's`() async throws {
        let records = try await Records.of(
            ScriptedBackend([.text("a"), .fail(BackendError.failed("Broken."))])
        ) { (client, _) async throws in
            _ = try await client.chat(#""stream":true"#)
            #expect(try await client.chat().code == 500)
        }
        #expect(records.map(\.error?.message) == ["Broken.", "Broken."])
        #expect(records.map(\.exchange.status?.code) == [200, 500])
        #expect(records.map(\.exchange.ending) == [.complete, .complete])
    }

    @Test func `every observer gets every record, and a slow one delays no response and no other observer`()
        async throws
    {
        let gate = Gate()
        let counts = Mutex([0, 0])
        try await withClient(
            of: BareBackend()
        ) { server in
            server.onRequestEnd { batch in
                try? await gate.pass()
                counts.withLock { $0[0] += batch.count }
            }
            server.onRequestEnd { batch in counts.withLock { $0[1] += batch.count } }
        } while: { (client, _) async throws in
            for _ in 0..<50 { #expect(try await client.ask(.get, "/health").code == 200) }
            try await eventually { counts.withLock { $0 } == [0, 50] }
            gate.open()
        }
        #expect(counts.withLock { $0 } == [50, 50])
    }
}
