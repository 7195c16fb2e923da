import Foundation
import Martlet
import MartletEngine
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// The engine owns the queue of its model.
@Suite(.serialized)
struct EngineQueueTests {
    private func engine(_ pace: Pace, running: Int) -> Engine<PacedModel> {
        var limits = EngineLimits()
        limits.running = running
        return Engine(PacedModel(pace: pace), name: "letters", limits: limits)
    }

    private static let sampling = {
        var sampling = SamplingParameters()
        sampling.ignoresEndOfText = true
        return sampling
    }()

    private func request(_ principal: String?, deadline: ContinuousClock.Instant? = nil) -> TokenRequest {
        TokenRequest(
            model: "letters", promptTokenIDs: [0, 1, 2], maxTokens: 3,
            sampling: Self.sampling,
            context: RequestContext(principal: principal.map { Principal($0) }, deadline: deadline))
    }

    @Test func `of three requests one runs and two wait, as the server and the engine count them`() async throws {
        let pace = Pace()
        let engine = engine(pace, running: 1)
        try await withServer(engine) { server in
            defer { pace.allow(1_000_000) }
            var clients: [RawClient] = []
            for number in 1...3 {
                let client = try await RawClient(server)
                try await client.send(
                    .post, "/v1/completions", body: #"{"prompt":"abc","ignore_eos":true,"max_tokens":90}"#)
                try await eventually { server.counters.running == 1 && server.counters.waiting == number - 1 }
                clients.append(client)
            }
            // The engine counts after a step. The server counts a request before the engine has it, so the number of steps
            // until then is not known.
            try await eventually(pause: .milliseconds(50)) {
                pace.allow(1)
                return engine.counters.running == 1 && engine.counters.waiting == 2
            }
            #expect((server.counters.running, server.counters.waiting) == (1, 2))
            pace.allow(1_000_000)
            for client in clients {
                #expect(try await client.receiveResponse().code == 200)
                await client.close()
            }
            try await eventually { server.counters.tasks == 0 }
            #expect((server.counters.running, server.counters.waiting) == (0, 0))
        }
    }

    @Test func `requests of two principals take turns, and embeddings have a principal too`() async throws {
        let pace = Pace()
        let engine = engine(pace, running: 1)
        var runs: [Task<Void, any Error>] = []
        // The length of a prompt identifies its request.
        for (number, principal) in ["a", "a", "a", "b", "c"].enumerated() {
            var request = request(principal)
            request.promptTokenIDs = Array(0...number)
            runs.append(
                Task { @Sendable [request] in
                    if principal == "c" {
                        var embedding = EmbeddingRequest(model: "letters", inputs: [.tokenIDs(request.promptTokenIDs)])
                        embedding.context = request.context
                        _ = try await engine.embeddings(for: embedding)
                    } else {
                        for try await _ in engine.generate(request) {}
                    }
                })
            // The first runs in a step that lasts until the others are there.
            if number == 0 { try await eventually { pace.stepCount == 1 } }
            try await Task.sleep(for: .milliseconds(50))
        }
        pace.allow(1_000_000)
        for run in runs { try await run.value }
        #expect(pace.promptLengths == [1, 2, 4, 5, 3])
        await engine.shutdown()
    }

    @Test func `a request that waits until its deadline fails with 504, and one that runs goes on`() async throws {
        let pace = Pace()
        let engine = engine(pace, running: 1)
        let deadline = ContinuousClock.now + .milliseconds(200)
        let first = Task { () -> Int in
            var count = 0
            for try await event in engine.generate(request(nil, deadline: deadline)) { count += event.tokenCount }
            return count
        }
        try await eventually { pace.stepCount == 1 }
        let late = Task { for try await _ in engine.generate(request(nil, deadline: deadline)) {} }
        let embedding = Task {
            var request = EmbeddingRequest(model: "letters", inputs: [.tokenIDs([1]), .tokenIDs([2])])
            request.context.deadline = deadline
            return try await engine.embeddings(for: request)
        }
        try await Task.sleep(until: deadline + .milliseconds(50))
        pace.allow(1_000_000)
        let error = await #expect(throws: BackendError.self) { try await late.value }
        #expect(error?.error.status == 504)
        let other = await #expect(throws: BackendError.self) { _ = try await embedding.value }
        #expect(other?.error.status == 504)
        #expect(try await first.value == 3)
        try await eventually { engine.counters.waiting == 0 && engine.counters.running == 0 }
        await engine.shutdown()
    }

    @Test func `as many chats are tokenized at once as may run`() async throws {
        let pace = Pace()
        pace.allow(1_000_000)
        let engine = engine(pace, running: 1)
        try await withServer(engine) { server in
            var clients: [RawClient] = []
            for _ in 0..<8 {
                let client = try await RawClient(server)
                try await client.send(
                    .post, "/v1/chat/completions",
                    body: #"{"messages":[{"role":"user","content":"a"}],"max_tokens":1}"#)
                clients.append(client)
            }
            for client in clients {
                #expect(try await client.receiveResponse().code == 200)
                await client.close()
            }
        }
        #expect(pace.mostEncoding == 1)
    }
}
