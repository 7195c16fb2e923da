import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// How streamed responses end: with an error, slowly, by a drain, or beyond the memory.
@Suite(.serialized)
struct ResponsesEndingTests {
    private var short: ServerConfiguration {
        var configuration = ServerConfiguration(port: 0)
        configuration.limits.headWait = .milliseconds(1)
        configuration.limits.heartbeatInterval = .milliseconds(1)
        return configuration
    }

    @Test(arguments: [
        (BackendError.failed("Broke."), "server_error"), (BackendError.rateLimited("Broke."), "rate_limit_exceeded"),
        (BackendError.invalidValue("messages", "Broke."), "invalid_prompt"),
        (BackendError.timedOut("Broke."), "server_error"),
    ])
    func `an error after the first event is a failed response, and the connection stays usable`(
        error: BackendError, code: String
    ) async throws {
        let backend = ScriptedBackend([.emit(.reasoning("hm")), .text("a"), .fail(error)], [.text("b")])
        try await withClient(of: backend) { client, server in
            let response = try await client.respond(#""stream":true"#)
            #expect(response.code == 200)
            let stream = try ResponseStream(response)
            #expect(stream.types.last == "response.failed")
            #expect(stream.last?["error"] == ["code": .string(code), "message": "Broke."])
            #expect(stream.last?["status"] == "failed")
            #expect(stream.last?["output"]?.array?.count == 1, "the thought was complete")
            #expect(stream.last?["output"]?[0]?["type"] == "reasoning")
            #expect(try await client.respond().json()["output"]?[0]?["content"]?[0]?["text"] == "b")
            #expect(server.counters.openConnections == 1)
        }
    }

    @Test func `an error before the first event is a status, streamed or not`() async throws {
        try await withClient(of: ScriptedBackend([.fail(BackendError.unavailable("Busy."))])) { client, _ in
            for more in ["", #""stream":true"#] {
                let response = try await client.respond(more)
                try expect(response, is: 503, "server_error", code: "service_unavailable")
                #expect(response[field: "Retry-After"] == "1")
            }
        }
    }

    @Test func `a silent backend's response is created, then comments, and its error is a failed response`()
        async throws
    {
        let gate = Gate()
        let backend = ScriptedBackend([.wait(for: gate), .fail(BackendError.unavailable("Busy."))])
        try await withClient(of: backend, short) { client, _ in
            try await client.sendResponse(#""stream":true,"tools":[]"#)
            #expect(try await client.receiveHead().status == .ok)
            var text = ""
            for _ in 0..<2 { text += try await client.receiveEvent() ?? "" }
            #expect(try ResponseStream(text: text).types == ["response.created", "response.in_progress"])
            #expect(try await client.receiveEvent() == ": ping\n\n")
            gate.open()
            while let event = try await client.receiveEvent() { text += event }
            #expect(
                try ResponseStream(text: text).types == ["response.created", "response.in_progress", "response.failed"])
        }
    }

    @Test func `a request's time limit ends the stream with a failed response`() async throws {
        var configuration = ServerConfiguration(port: 0)
        configuration.requestTimeout = .milliseconds(200)
        try await withClient(of: ScriptedBackend([.text("a"), .hang]), configuration) { client, server in
            let stream = try ResponseStream(try await client.respond(#""stream":true"#))
            #expect(stream.types.last == "response.failed")
            #expect(stream.last?["error"]?["code"] == "server_error")
            try await eventually { server.counters.tasks == 0 }
        }
    }

    @Test func `a slow reader gets everything, and the end repeats it`() async throws {
        let piece = String(repeating: "x", count: 8 * 1024)
        let backend = ScriptedBackend(Array(repeating: .text(piece), count: 512))
        try await withClient(of: backend) { _, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendResponse(#""stream":true"#)
            #expect(try await stalledTokenCount(of: server) < 512)
            let stream = try ResponseStream(try await client.receiveResponse())
            #expect(stream.types.count == 512 + 9 - 1)
            #expect(stream.text(ofItemAt: 0).utf8.count == 512 * piece.utf8.count)
            #expect(stream.last?["output"]?[0]?["content"]?[0]?["text"]?.string == stream.text(ofItemAt: 0))
            try await eventually { server.counters.heldBytes == 0 }
            await client.close()
        }
    }

    @Test func `what a stream has to repeat counts against the memory budget`() async throws {
        let piece = String(repeating: "x", count: 256 * 1024)
        let backend = ScriptedBackend(Array(repeating: .text(piece), count: 16), [.text("b")])
        try await withClient(of: backend, .with(\.memoryBudget, 2 << 20)) { client, server in
            let stream = try ResponseStream(try await client.respond(#""stream":true"#))
            #expect(stream.types.last == "response.failed")
            try await eventually { server.counters.heldBytes == 0 }
            // A chat, which repeats nothing, needs no such memory.
            #expect(try await client.respond(#""stream":true"#).code == 200)
        }
    }

    @Test func `a drain lets a stream end`() async throws {
        let gate = Gate()
        try await withClient(of: ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])) { client, server in
            try await client.sendResponse(#""stream":true"#)
            try await eventually { server.counters.generatedTokens == 1 }
            server.drain()
            gate.open()
            let stream = try ResponseStream(try await client.receiveResponse())
            #expect(stream.types.last == "response.completed")
            #expect(stream.text(ofItemAt: 0) == "ab")
        }
    }

    @Test func `a server that does not wait any longer fails the response`() async throws {
        let backend = ScriptedBackend([.text("a"), .hang])
        try await withClient(of: backend) { client, server in
            try await client.sendResponse(#""stream":true"#)
            try await eventually { server.counters.generatedTokens == 1 }
            server.shutdown()
            let stream = try ResponseStream(try await client.receiveResponse())
            #expect(stream.types.last == "response.failed")
        }
    }

    @Test func `a refusal before the endpoint is in OpenAI's envelope`() async throws {
        try await withClient(of: ScriptedBackend(), .with(\.limits.maximumBodyBytes, 100)) { client, _ in
            try await client.send("POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n")
            try expect(try await client.receiveResponse(), is: 413)
        }
        try await withClient(of: ScriptedBackend()) { client, _ in
            try await client.send("POST /v1/responses HTTP/1.1\r\nHost: evil.test\r\nContent-Length: 0\r\n\r\n")
            #expect(try await client.receiveResponse().code == 403)
        }
    }
}
