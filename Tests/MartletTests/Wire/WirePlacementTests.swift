import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A backend on the event loop has the same behavior as one on the pool.
@Suite(.serialized)
struct WirePlacementTests {
    static let placements = [Placement.pool, .loop, .threads(2)]

    private func backend(_ placement: Placement, _ scripts: [ScriptedStep]...) -> ScriptedBackend {
        var backend = ScriptedBackend()
        backend.scripts = scripts
        backend.placement = placement
        return backend
    }

    @Test(arguments: placements)
    func `streams, replies, failures and embeddings are the same on the loop`(placement: Placement) async throws {
        let error = BackendError.failed("Broke.")
        let backend = backend(
            placement, [.text("a"), .delay(.milliseconds(1)), .text("b")], [.text("a"), .text("b")], [.fail(error)],
            [.text("a"), .fail(error)], [])
        try await withClient(of: backend) { client, server in
            let stream = try await client.chat(#""stream":true"#)
            let reply = try ReplyEnvelope(of: stream)
            #expect(
                stream.text == reply.chat(ReplyEnvelope.role) + reply.chat(#""content":"a""#)
                    + reply.chat(#""content":"b""#) + reply.chat("", finish: #""stop""#) + ReplyEnvelope.done)
            #expect(try await client.complete().json()["choices"]?[0]?["text"] == "ab")
            try expect(try await client.chat(#""stream":true"#), is: 500, "server_error", code: "server_error")
            #expect(try await client.chat(#""stream":true"#).events.count == 4)
            #expect(try await client.embed("[[1],[2]]").json()["data"]?.array?.count == 2)
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
        }
    }

    @Test(arguments: placements, ChatAPI.allCases)
    func `a client that disconnects frees a backend that hangs`(placement: Placement, api: ChatAPI) async throws {
        let backend = backend(placement, [.text("a"), .hang])
        try await withClient(of: backend) { client, server in
            try await client.sendChat(api, isStreamed: true)
            try await eventually { server.counters.generatedTokens == 1 }
            await client.reset()
            try await eventually { backend.cancelled == 1 && server.counters.tasks == 0 }
        }
    }

    @Test(arguments: placements)
    func `a client that does not read pauses its backend`(placement: Placement) async throws {
        let pieces = 512
        let text = String(repeating: "x", count: 16 * 1024)
        try await withClient(of: backend(placement, Array(repeating: .text(text), count: pieces))) { _, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat(#""stream":true"#)
            #expect(try await stalledTokenCount(of: server) < pieces)
            _ = try await client.receiveHead()
            while try await client.receiveEvent() != nil {}
            #expect(server.counters.generatedTokens == pieces)
            await client.close()
        }
    }

    @Test(arguments: placements, [1, 2])
    func `requests wait for their permits and all complete`(placement: Placement, loops: Int) async throws {
        var backend = backend(placement, [.delay(.milliseconds(1)), .text("a")])
        backend.maxConcurrency = 2
        try await withClient(of: backend, .with(\.loopCount, loops)) { _, server in
            var clients: [RawClient] = []
            for _ in 0..<16 {
                let client = try await RawClient(server)
                try await client.sendChat()
                clients.append(client)
            }
            for client in clients { #expect(try await client.receiveResponse().code == 200) }
            try await eventually { server.counters.tasks == 0 && server.counters.running == 0 }
            for client in clients { await client.close() }
        }
    }

    @Test(arguments: placements)
    func `a large body is decoded for chats and completions`(placement: Placement) async throws {
        let large = String(repeating: "wort ", count: 40_000)
        try await withClient(of: backend(placement, [.text("a")])) { client, _ in
            let body = #"{"messages":[{"role":"user","content":"\#(large)"}]}"#
            #expect(try await client.ask(.post, "/v1/chat/completions", body: body).code == 200)
            let ids = Array(repeating: "1", count: 100_000).joined(separator: ",")
            let usage = try await client.ask(.post, "/v1/completions", body: #"{"prompt":[\#(ids)]}"#).json()["usage"]
            #expect(usage?["prompt_tokens"] == 100_000)
            try expect(
                try await client.ask(.post, "/v1/completions", body: #"{"prompt":[\#(ids),"x"]}"#), is: 400,
                param: "prompt[100000]", code: "invalid_value")
        }
    }
}
