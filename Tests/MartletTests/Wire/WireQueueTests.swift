import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// The queue of a model: its bound, and how long requests wait in it.
@Suite(.serialized)
struct WireQueueTests {
    private nonisolated(nonsending) func expectIdle(_ server: RunningServer) async throws {
        try await eventually {
            let counters = server.counters
            return (counters.openStreams, counters.tasks, counters.waiting, counters.running) == (0, 0, 0, 0)
        }
    }

    @Test func `a full queue says at which position the request would be`() async throws {
        let gate = Gate()
        var backend = ScriptedBackend([.wait(for: gate)])
        backend.maxConcurrency = 1
        try await withClient(of: backend, .with(\.maximumWaiting, 1)) { (client, server) async throws in
            let others = [try await RawClient(server), try await RawClient(server)]
            for (index, other) in others.enumerated() {
                try await other.sendChat()
                try await eventually { server.counters.running + server.counters.waiting == index + 1 }
            }
            let refused = try await client.chat()
            let message = try expect(refused, is: 429, "rate_limit_error", code: "rate_limit_exceeded")
            #expect(
                message.wholeMatch(
                    of:
                        /The model's queue is full: this request would be at position 2, with an estimated wait of ([0-9]+)s. Please try again in ([0-9]+)s./
                ) != nil)
            #expect(refused[field: "retry-after-ms"] == refused[field: "Retry-After"].map { $0 + "000" })
            gate.open()
            for other in others {
                #expect(try await other.receiveResponse().code == 200)
                await other.close()
            }
            try await expectIdle(server)
            #expect(try await client.chat().code == 200)
        }
    }

    @Test(arguments: ["", #""stream":true"#])
    func `a request that waits too long gets 503, and makes room`(more: String) async throws {
        let gate = Gate()
        var backend = ScriptedBackend([.wait(for: gate), .text("a")])
        backend.maxConcurrency = 1
        try await withClient(of: backend, .with(\.queueTimeout, .milliseconds(100))) { (client, server) async throws in
            let other = try await RawClient(server)
            try await other.sendChat(more)
            try await eventually { server.counters.running == 1 }
            let late = try await client.chat(more)
            let message = try expect(late, is: 503, "server_error", code: "service_unavailable")
            #expect(message.hasPrefix("The request has waited 100ms for its turn, "))
            #expect((1...60).contains(Int(late[field: "Retry-After"] ?? "") ?? 0))
            #expect((server.counters.running, server.counters.waiting) == (1, 0))
            gate.open()
            // The other has not waited, however long it took.
            #expect(try await other.receiveResponse().code == 200)
            await other.close()
            try await expectIdle(server)
            #expect(try await client.chat(more).code == 200)
            #expect(backend.started == 2)
        }
    }

    @Test(arguments: ["", #""stream":true"#])
    func `a request that a backend does not start in time gets 503, and one that it has started goes on`(more: String)
        async throws
    {
        let engine = StepEngine()
        var backend = engine.backend
        backend.maxConcurrency = 1
        backend.schedulesItself = true
        try await withClient(of: backend, .with(\.queueTimeout, .milliseconds(200))) { (client, server) async throws in
            let other = try await RawClient(server)
            try await other.sendChat(more)
            try await eventually { engine.mailboxes.count == 1 }
            engine.mailboxes[0].started()
            try await client.sendChat(more)
            try await eventually { engine.mailboxes.count == 2 && engine.mailboxes[1].isCancelled }
            engine.mailboxes[1].fail(CancellationError())
            try expect(try await client.receiveResponse(), is: 503, "server_error", code: "service_unavailable")
            engine.finish(0)
            #expect(try await other.receiveResponse().code == 200)
            await other.close()
            try await expectIdle(server)
        }
    }
}
