import Martlet
import MartletEngine
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// One request among others, with an engine behind a real socket.
@Suite(.serialized)
struct EngineFairnessTests {
    private func limits(running: Int) -> EngineLimits {
        var limits = EngineLimits()
        limits.running = running
        return limits
    }

    private nonisolated(nonsending) func send(_ client: RawClient, _ more: String) async throws {
        try await client.send(.post, "/v1/completions", body: #"{"prompt":"abc","ignore_eos":true,\#(more)}"#)
    }

    @Test func `a request for one token is answered before most of 128 choices of another`() async throws {
        let pace = Pace()
        let engine = Engine(PacedModel(pace: pace), name: "letters", limits: limits(running: 4))
        try await withServer(engine) { server in
            defer { pace.allow(1_000_000) }
            let (batch, client) = (try await RawClient(server), try await RawClient(server))
            try await send(batch, #""n":128,"max_tokens":50"#)
            try await eventually {
                pace.allow(1)
                return engine.counters.running == 4 && engine.counters.waiting > 100
            }
            try await send(client, #""max_tokens":1"#)
            let pacing = Task {
                while !Task.isCancelled {
                    pace.allow(1)
                    try? await Task.sleep(for: .milliseconds(10))
                }
            }
            let answer = try await client.receiveResponse()
            pacing.cancel()
            #expect(answer.code == 200)
            #expect(engine.counters.generatedTokens < 128 * 50 / 2)
            pace.allow(1_000_000)
            let choices = try await batch.receiveResponse().json()["choices"]?.array ?? []
            #expect(choices.map { $0["text"]?.string?.isEmpty } == Array(repeating: false, count: 128))
            await batch.close()
            await client.close()
        }
    }

    @Test func `streams that nobody reads yield to others, and are complete in the end`() async throws {
        let engine = Engine(MarkovModel(), name: "letters", limits: limits(running: 2))
        try await withServer(engine) { server in
            var slow: [RawClient] = []
            for _ in 0..<2 {
                let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
                try await send(client, #""n":16,"max_tokens":60,"logprobs":20,"stream":true"#)
                slow.append(client)
            }
            try await eventually { server.counters.openStreams == 2 && server.counters.running == 0 }
            let client = try await RawClient(server)
            for _ in 0..<2 {
                try await send(client, #""max_tokens":1"#)
                #expect(try await client.receiveResponse().code == 200)
            }
            #expect((server.counters.openStreams, server.counters.waiting) == (2, 0))
            for reader in slow {
                let events = try await reader.receiveResponse().events
                #expect(events.last == "data: [DONE]")
                #expect(events.count { $0.contains(#""finish_reason":"length""#) } == 16)
                await reader.close()
            }
            try await eventually { server.counters.running == 0 && server.counters.tasks == 0 }
            #expect(engine.counters.generatedTokens == 2 * 16 * 60 + 2)
            await client.close()
        }
    }
}
