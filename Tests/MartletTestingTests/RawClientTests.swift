import Martlet
import MartletTesting
import Testing

@Suite(.serialized)
struct RawClientTests {
    private func withEcho(
        _ body: nonisolated(nonsending) (RunningServer, RawClient) async throws -> Void
    ) async throws {
        try await withServer(
            ScriptedBackend([.text("a")])
        ) { server in
            try server.route(.post, "/echo") { request, writer in writer.send(HTTPResponse(.ok, body: request.body))
            }
            try server.route(.post, "/pieces") { request, writer in
                let body = writer.stream(ResponseHead())
                for byte in request.body { try await body.write([byte]) }
            }
        } while: { server in
            let client = try await RawClient(server, limit: .seconds(20))
            try await body(server, client)
            await client.close()
        }
    }

    @Test func `a response of known length is read to its end, and the next one begins there`() async throws {
        try await withEcho { _, client in
            for text in ["one", "two"] {
                let response = try await client.ask(.post, "/echo", body: text)
                #expect(response.code == 200)
                #expect(response.text == text)
            }
        }
    }

    @Test func `chunks are joined`() async throws {
        try await withEcho { _, client in
            #expect(try await client.ask(.post, "/pieces", body: "a\n\nb\n\n").text == "a\n\nb\n\n")
            try await client.send(.post, "/pieces", body: "a\n\nb\n\n")
            _ = try await client.receiveHead()
            #expect(try await client.receiveEvent() == "a\n\n")
            #expect(try await client.receiveEvent() == "b\n\n")
            #expect(try await client.receiveEvent() == nil)
        }
    }

    @Test func `a request arrives however it is split`() async throws {
        try await withEcho { _, client in
            let request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi"
            for size in [1, 7, 100] {
                try await client.send(request, inPiecesOf: size, pausing: .microseconds(100))
                #expect(try await client.receiveResponse().text == "hi")
            }
        }
    }

    @Test func `bytes are received by count, by delimiter and to the end`() async throws {
        try await withEcho { _, client in
            try await client.send("GET /health HTTP/1.0\r\n\r\n")
            #expect(try await client.receive(count: 9) == Array("HTTP/1.1 ".utf8))
            #expect(try await client.receive(through: "\r\n") == Array("200 OK\r\n".utf8))
            #expect(String(decoding: try await client.receiveToEnd(), as: UTF8.self).hasSuffix(#"{"status":"ok"}"#))
            #expect(try await client.receive().isEmpty)
        }
    }

    @Test func `a wait that is too long reports what was missing`() async throws {
        try await withEcho { server, _ in
            let client = try await RawClient(server, limit: .milliseconds(20))
            let error = await #expect(throws: RawClientError.self) { try await client.receive(through: "never") }
            #expect(error?.description.contains(#""never""#) == true)
            await client.close()
        }
    }

    @Test func `a premature end reports the received bytes`() async throws {
        try await withEcho { _, client in
            try await client.send("GET /health HTTP/1.0\r\n\r\n")
            let error = await #expect(throws: RawClientError.self) { try await client.receive(through: "never") }
            #expect(error?.description.contains("200 OK") == true)
        }
    }

    @Test func `a port without a listener is an error that names it`() async throws {
        let port = try await withServer(ScriptedBackend()) { $0.port }
        let error = await #expect(throws: RawClientError.self) { _ = try await RawClient(port: port) }
        #expect(error?.description.contains("\(port)") == true)
    }

    @Test func `FIN, RST and close all end the server's side`() async throws {
        try await withEcho { server, _ in
            let endings: [@Sendable (RawClient) async -> Void] = [
                { await $0.finishSending() }, { await $0.reset() }, { await $0.close() },
            ]
            for end in endings {
                let client = try await RawClient(server)
                #expect(try await client.ask(.get, "/health").code == 200)
                #expect(server.counters.openConnections == 2)
                await end(client)
                while server.counters.openConnections > 1 { try await Task.sleep(for: .milliseconds(1)) }
            }
        }
    }
}
