import Martlet
import MartletHTTP
import MartletJSON
import MartletOperations
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// The access log of a server, for requests of every kind of ending.
@Suite(.serialized)
struct AccessLogTests {
    private static let chat = #"{"model":"scripted","messages":[{"role":"user","content":"my secret"}]}"#
    private static let streamed =
        #"{"model":"scripted","messages":[{"role":"user","content":"my secret"}],"stream":true}"#

    /// The lines of a server on which `body` runs. It has ended when this returns.
    private nonisolated(nonsending) func lines(
        of backend: any Backend, as format: AccessLogFormat,
        _ body: nonisolated(nonsending) (RawClient, RunningServer) async throws -> Void
    ) async throws -> [String] {
        let written = Mutex("")
        try await withServer(backend) { server in
            server.gate { $0.head.fields.contains("Authorization") ? .principal("ada") : .pass }
            server.logRequests(as: format) { text in written.withLock { $0 += text } }
        } while: { running in
            let client = try await RawClient(running)
            try await body(client, running)
            await client.close()
        }
        let text = written.withLock { $0 }
        #expect(text.isEmpty || text.hasSuffix("\n"))
        #expect(!text.contains("secret") && !text.contains("k-123"))
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `a line of text has the status, the path without its query, and what is known`() async throws {
        let lines = try await lines(of: ScriptedBackend([.text("a"), .text("b")]), as: .text) {
            (client, _) async throws in
            _ = try await client.ask(
                .post, "/v1/chat/completions?key=secret",
                fields: ["Authorization": "Bearer k-123", "x-request-id": "r1"], body: Self.chat)
            _ = try await client.ask(.get, "/health?token=secret")
            _ = try await client.ask(.post, "/v1/chat/completions", body: #"{"model":"no\u202eway"}"#)
            try await client.send("BAD secret\r\n\r\n")
            _ = try await client.receiveToEnd()
        }
        #expect(lines.count == 4)
        let first = try #require(lines.first).split(separator: " ").map(String.init)
        #expect(Array(first[1...3]) == ["200", "POST", "/v1/chat/completions"])
        #expect(first[4].hasSuffix("ms"))
        for part in ["model=scripted", "tokens=0+2", "finish=stop", "principal=ada", "id=r1"] {
            #expect(first.contains(part), "\(part)")
        }
        #expect(lines[1].contains(" 200 GET /health "))
        #expect(lines[2].contains(" 404 POST /v1/chat/completions ") && lines[2].contains("error=model_not_found"))
        #expect(lines[3].contains(" 400 - - ") && lines[3].contains("ending=refused"))
    }

    @Test func `a line of JSON is an object with the same facts`() async throws {
        let lines = try await lines(of: ScriptedBackend([.text("a"), .text("b")]), as: .json) {
            (client, _) async throws in
            _ = try await client.ask(.post, "/chat/completions", fields: ["x-request-id": "r1"], body: Self.streamed)
        }
        let text = try #require(lines.first)
        let value = try JSONValue(parsing: Array(text.utf8))
        let line = try #require(value.object)
        #expect(line["status"] == 200 && line["method"] == "POST" && line["path"] == "/chat/completions")
        #expect(line["route"] == "/v1/chat/completions" && line["model"] == "scripted" && line["stream"] == true)
        #expect(line["completion_tokens"] == 2 && line["finish_reason"] == "stop" && line["request_id"] == "r1")
        #expect(line["queue_ms"]?.number?.double ?? -1 >= 0 && line["ending"] == "complete")
        let (first, whole) = (line["first_token_ms"]?.number?.double, line["duration_ms"]?.number?.double)
        #expect(try #require(first) <= #require(whole))
        #expect(line["error"] == nil && line["principal"] == nil)
    }

    @Test func `a client that leaves has 499 without a response, and its own ending`() async throws {
        let backend = ScriptedBackend([.hang])
        let lines = try await lines(of: backend, as: .text) { (client, running) async throws in
            try await client.send(.post, "/v1/chat/completions", body: Self.chat)
            try await eventually { backend.started == 1 }
            await client.reset()
            try await eventually { running.counters.tasks == 0 }
        }
        #expect(lines.count == 1)
        #expect(lines[0].contains(" 499 POST /v1/chat/completions "))
        #expect(lines[0].contains("cancelled_by=client") && lines[0].contains("ending=client_left"))
    }

    @Test func `slow requests are warned of, and others are not`() async throws {
        let log = RecordedLog()
        var configuration = ServerConfiguration(port: 0)
        configuration.logger = log.logger
        let gate = Gate()
        try await withServer(ScriptedBackend([.wait(for: gate), .text("a")]), configuration: configuration) { server in
            server.warnOfRequests(slowerThan: .milliseconds(100))
        } while: { running in
            let client = try await RawClient(running)
            _ = try await client.ask(.get, "/health")
            try await client.send(.post, "/v1/chat/completions", body: Self.chat)
            try await Task.sleep(for: .milliseconds(150))
            gate.open()
            _ = try await client.receiveResponse()
            await client.close()
        }
        let lines = log.lines
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("a request took longer than 0.1 seconds: ") == true)
        #expect(lines.first?.contains("POST /v1/chat/completions") == true)
    }
}
