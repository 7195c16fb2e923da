import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A client that reads slowly does not keep a permit that another request waits for.
@Suite(.serialized)
struct WireSlowReaderTests {
    private static let piece = String(repeating: "x", count: 32 * 1024)
    private static let pieces = 256
    /// More than any socket buffers.
    private static let long = Array(repeating: ScriptedStep.text(piece), count: pieces)

    private func backend(_ permits: Int, _ scripts: [ScriptedStep]...) -> ScriptedBackend {
        var backend = ScriptedBackend()
        backend.scripts = Array(repeating: Self.long, count: permits) + scripts
        backend.maxConcurrency = permits
        return backend
    }

    /// A client that has requested a long stream and reads nothing, and the amount that was generated for it.
    private struct SlowReader {
        let client: RawClient
        let pieces: Int

        /// Reads everything that was generated so far.
        func catchUp() async throws {
            _ = try await client.receiveHead()
            for _ in 0...pieces { _ = try await client.receiveEvent() }
        }

        /// Reads the rest, and checks that nothing is missing.
        func readRest() async throws {
            var rest = 0
            while try await client.receiveEvent() != nil { rest += 1 }
            #expect(rest == WireSlowReaderTests.pieces - pieces + 2)
            await client.close()
        }
    }

    private nonisolated(nonsending) func slowReaders(_ count: Int, of server: RunningServer) async throws
        -> [SlowReader]
    {
        var readers: [SlowReader] = []
        for _ in 0..<count {
            let before = server.counters.generatedTokens
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat(#""stream":true"#)
            try await eventually { server.counters.generatedTokens > before }
            readers.append(SlowReader(client: client, pieces: try await stalledTokenCount(of: server) - before))
        }
        return readers
    }

    @Test func `streams that are not read yield to chats, and are complete in the end`() async throws {
        try await withClient(of: backend(2, [.text("a")]), .with(\.maximumWaiting, 0)) { client, server in
            let slow = try await slowReaders(2, of: server)
            #expect((server.counters.running, server.counters.waiting, server.counters.openStreams) == (0, 0, 2))
            for _ in 0..<3 { #expect(try await client.chat().code == 200) }
            #expect((server.counters.running, server.counters.waiting, server.counters.openStreams) == (0, 0, 2))
            for reader in slow {
                try await reader.catchUp()
                try await reader.readRest()
            }
            try await eventually { server.counters.running == 0 && server.counters.tasks == 0 }
        }
    }

    @Test func `a stream continues once its client has caught up and a permit is free`() async throws {
        let gate = Gate()
        let blocked = [ScriptedStep.wait(for: gate), .text("a")]
        try await withClient(of: backend(2, blocked, blocked, [.text("b")])) { first, server in
            let slow = try await slowReaders(2, of: server)
            let others = [first, try await RawClient(server), try await RawClient(server)]
            for (number, other) in others.enumerated() {
                try await other.sendChat()
                try await eventually { server.counters.running + server.counters.waiting == number + 1 }
            }
            #expect((server.counters.running, server.counters.waiting) == (2, 1))
            // Both read everything, and wait for a permit after the third.
            let tokens = server.counters.generatedTokens
            for reader in slow { try await reader.catchUp() }
            try await eventually { server.counters.waiting == 3 }
            #expect(server.counters.generatedTokens == tokens)
            #expect(server.counters.running == 2)
            gate.open()
            for other in others { #expect(try await other.receiveResponse().code == 200) }
            for reader in slow { try await reader.readRest() }
            for other in others.dropFirst() { await other.close() }
            try await eventually { server.counters.running == 0 && server.counters.tasks == 0 }
        }
    }

    @Test(arguments: [false, true])
    func `a client that disconnects while its stream is paused or queued leaks no permit`(reads: Bool)
        async throws
    {
        let gate = Gate()
        let blocked = [ScriptedStep.wait(for: gate), .text("a")]
        try await withClient(of: backend(2, blocked, blocked, [.text("b")])) { first, server in
            let slow = try await slowReaders(2, of: server)
            let others = [first, try await RawClient(server)]
            for other in others { try await other.sendChat() }
            try await eventually { server.counters.running == 2 }
            for reader in slow where reads { try await reader.catchUp() }
            try await eventually { server.counters.waiting == (reads ? 2 : 0) }
            for reader in slow { await reader.client.reset() }
            try await eventually { server.counters.tasks == 2 && server.counters.waiting == 0 }
            #expect(server.counters.running == 2)
            gate.open()
            for other in others { #expect(try await other.receiveResponse().code == 200) }
            try await eventually { server.counters.running == 0 && server.counters.tasks == 0 }
            for _ in 0..<2 { #expect(try await first.chat().code == 200) }
            await others[1].close()
        }
    }

    @Test func `a backend that does not yield has at most maxConcurrency calls`() async throws {
        var backend = backend(1, [.text("a")])
        #expect(!backend.yieldsWhilePaused, "one call at a time")
        try await withClient(of: backend, .with(\.maximumWaiting, 0)) { client, server in
            let slow = try await slowReaders(1, of: server)
            #expect(server.counters.running == 1)
            try expect(try await client.chat(), is: 429, "rate_limit_error", code: "rate_limit_exceeded")
            for reader in slow {
                try await reader.catchUp()
                try await reader.readRest()
            }
        }
        backend.maxConcurrency = 2
        #expect(backend.yieldsWhilePaused)
    }

    @Test func `the prompts of a batch that is not read yield too`() async throws {
        var backend = ScriptedBackend()
        backend.scripts = Array(repeating: Self.long, count: 2) + [[.text("a")]]
        backend.maxConcurrency = 2
        try await withClient(of: backend, .with(\.maximumWaiting, 0)) { client, server in
            let batch = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await batch.send(.post, "/v1/completions", body: #"{"prompt":[[1],[2]],"stream":true}"#)
            _ = try await stalledTokenCount(of: server)
            #expect((server.counters.running, server.counters.openStreams) == (0, 1))
            #expect(try await client.chat().code == 200)
            #expect(try await batch.receiveResponse().text.hasSuffix(ReplyEnvelope.done))
            try await eventually { server.counters.running == 0 && server.counters.tasks == 0 }
            await batch.close()
        }
    }

    @Test func `a batch has at most maxConcurrency running prompts, including paused ones`() async throws {
        let gate = Gate()
        var backend = ScriptedBackend()
        backend.scripts = [Self.long, [.wait(for: gate)], Self.long]
        backend.maxConcurrency = 2
        try await withClient(of: backend) { _, server in
            let batch = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            let body = #"{"prompt":[[1],[2],[3],[4],[5],[6]],"max_tokens":1000,"stream":true}"#
            try await batch.send(.post, "/v1/completions", body: body)
            try await eventually { backend.started == 2 && server.counters.running == 1 }
            gate.open()
            // The prompt after the one that has ended begins, and is paused like the first.
            try await eventually { backend.started == 3 && server.counters.running == 0 }
            try await Task.sleep(for: .milliseconds(50))
            #expect(backend.started == 3)
            await batch.reset()
            try await eventually { server.counters.tasks == 0 && server.counters.waiting == 0 }
        }
    }
}
