import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A client that reads slowly slows down its own backend call, and no other.
@Suite(.serialized)
struct WireBackpressureTests {
    private static let piece = String(repeating: "x", count: 8 * 1024)
    private static let pieces = 1024

    /// Emits 8 MiB, more than any socket buffers.
    private let backend = ScriptedBackend(Array(repeating: .text(piece), count: pieces))

    @Test func `a client that does not read pauses its backend, and reading resumes it`() async throws {
        try await withClient(of: backend) { other, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat(#""stream":true"#)
            let tokens = try await stalledTokenCount(of: server)
            #expect(tokens < Self.pieces)
            #expect((server.counters.running, server.counters.openStreams) == (0, 1), "its place is free meanwhile")
            // Others are served meanwhile.
            #expect(try await other.ask(.get, "/health").code == 200)
            let response = try await client.receiveResponse()
            #expect(response.events.count == Self.pieces + 3)
            #expect(response.text.hasSuffix(ReplyEnvelope.done))
            #expect(server.counters.generatedTokens == Self.pieces)
            #expect(try await client.ask(.get, "/health").code == 200)
            await client.close()
        }
    }

    @Test func `a backend generates little more than a buffer ahead of its client`() async throws {
        try await withClient(of: backend) { _, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat(#""stream":true"#)
            let bytes = try await stalledTokenCount(of: server) * Self.piece.utf8.count
            #expect(bytes < 512 * 1024)
            await client.close()
        }
    }

    @Test func `the connection of a client that stops reading is closed`() async throws {
        try await withClient(of: backend, .with(\.limits.writeTimeout, .milliseconds(200))) { other, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat(#""stream":true"#)
            try await eventually { server.counters.openStreams == 1 }
            try await eventually { server.counters.openConnections == 1 && server.counters.tasks == 0 }
            #expect(backend.cancelled == 1)
            #expect(server.counters.running == 0)
            #expect(try await other.ask(.get, "/health").code == 200)
            await client.close()
        }
    }

    @Test func `a client that disconnects while its backend is paused ends the pause`() async throws {
        try await withClient(of: backend) { _, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat(#""stream":true"#)
            _ = try await stalledTokenCount(of: server)
            await client.reset()
            try await eventually { backend.cancelled == 1 && server.counters.tasks == 0 }
        }
    }

    @Test(arguments: [true, false])
    func `a client that disconnects after pipelined requests stops its generation`(byReset: Bool) async throws {
        let endless = ScriptedBackend([
            ScriptedStep { sink in
                while true {
                    try await sink.emit("x")
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
        ])
        try await withClient(of: endless) { _, server in
            let client = try await RawClient(server)
            try await client.sendChat()
            try await eventually { server.counters.generatedTokens > 0 }
            try await client.send(String(repeating: "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 3000))
            if byReset { await client.reset() } else { await client.close() }
            try await eventually { endless.cancelled == 1 && server.counters.tasks == 0 }
            let tokens = server.counters.generatedTokens
            try await Task.sleep(for: .milliseconds(100))
            #expect(server.counters.generatedTokens == tokens)
        }
    }
}
