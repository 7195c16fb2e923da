import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A backend that schedules itself gets every request at once, and reports which it has started.
@Suite(.serialized)
struct WireSchedulingTests {
    private let engine = StepEngine()

    private func backend(_ permits: Int) -> ChatProbe {
        var backend = engine.backend
        backend.maxConcurrency = permits
        backend.schedulesItself = true
        return backend
    }

    /// Sends chats, each after the one before is in the engine's queue.
    private nonisolated(nonsending) func submit(
        _ count: Int, to server: RunningServer, _ more: String = ""
    ) async throws -> [RawClient] {
        var clients: [RawClient] = []
        for _ in 0..<count {
            let (client, before) = (try await RawClient(server), engine.mailboxes.count)
            try await client.sendChat(more)
            try await eventually { engine.mailboxes.count == before + 1 }
            clients.append(client)
        }
        return clients
    }

    private func expect(
        _ server: RunningServer, running: Int, waiting: Int, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect((server.counters.running, server.counters.waiting) == (running, waiting), sourceLocation: location)
    }

    private func offer(_ event: StreamEvent, to mailbox: Mailbox) {
        var step = MailboxStep()
        step.offer(event, to: mailbox)
    }

    // MARK: Waiting and running

    @Test func `requests wait until the engine starts them, in its own order`() async throws {
        try await withClient(of: backend(1)) { _, server in
            let clients = try await submit(3, to: server)
            expect(server, running: 0, waiting: 3)
            engine.mailboxes[2].started()
            expect(server, running: 1, waiting: 2)
            engine.mailboxes[2].started()
            engine.mailboxes[0].started()
            expect(server, running: 2, waiting: 1)
            for number in 0..<3 {
                engine.finish(number)
                #expect(try await clients[number].receiveResponse().code == 200)
                await clients[number].close()
            }
            try await eventually { server.counters.tasks == 0 }
            expect(server, running: 0, waiting: 0)
        }
    }

    @Test func `the first event reports the start, unless it is usage only`() async throws {
        try await withClient(of: backend(1)) { _, server in
            let clients = try await submit(1, to: server, #""stream":true"#)
            offer(.usage(promptTokens: 7), to: engine.mailboxes[0])
            expect(server, running: 0, waiting: 1)
            offer(.text("a"), to: engine.mailboxes[0])
            expect(server, running: 1, waiting: 0)
            engine.finish(0)
            let events = try await clients[0].receiveResponse().events
            #expect(events.count == 4)
            #expect(events[1].contains(#""content":"a""#))
            await clients[0].close()
        }
    }

    @Test(arguments: ["", #""stream":true"#])
    func `a request that ends before it was started is complete, or fails with its status`(more: String) async throws {
        try await withClient(of: backend(1)) { _, server in
            let clients = try await submit(2, to: server, more)
            engine.finish(0)
            let reply = try await clients[0].receiveResponse()
            #expect(reply.code == 200)
            #expect(reply.text.contains(#""finish_reason":"stop""#))
            engine.mailboxes[1].fail(BackendError.unavailable("Busy."))
            try MartletTests.expect(
                try await clients[1].receiveResponse(), is: 503, "server_error", code: "service_unavailable")
            for client in clients { await client.close() }
            try await eventually { server.counters.tasks == 0 }
            expect(server, running: 0, waiting: 0)
        }
    }

    @Test func `a sink reports the start too`() async throws {
        let (started, gate) = (Gate(), Gate())
        var backend = ChatProbe { _, sink in
            try await started.pass()
            sink.started()
            try await gate.pass()
        }
        backend.schedulesItself = true
        try await withClient(of: backend) { client, server in
            try await client.sendChat()
            try await eventually { server.counters.waiting == 1 }
            started.open()
            try await eventually { server.counters.running == 1 && server.counters.waiting == 0 }
            gate.open()
            #expect(try await client.receiveResponse().code == 200)
        }
    }

    @Test func `a client that disconnects before its request was started makes room`() async throws {
        try await withClient(of: backend(1), .with(\.maximumWaiting, 0)) { client, server in
            let clients = try await submit(1, to: server)
            await clients[0].reset()
            try await eventually { engine.mailboxes[0].isCancelled }
            engine.dropAll()
            try await eventually { server.counters.waiting == 0 && server.counters.tasks == 0 }
            try await client.sendChat()
            try await eventually { engine.mailboxes.count == 1 }
            engine.finish(0)
            #expect(try await client.receiveResponse().code == 200)
        }
    }

    // MARK: The bound

    @Test func `requests beyond maxConcurrency and maximumWaiting together get 429`() async throws {
        try await withClient(of: backend(1), .with(\.maximumWaiting, 2)) { client, server in
            let clients = try await submit(3, to: server)
            for more in ["", #""stream":true"#] {
                let refused = try await client.chat(more)
                try MartletTests.expect(refused, is: 429, "rate_limit_error", code: "rate_limit_exceeded")
                #expect((1...60).contains(Int(refused[field: "Retry-After"] ?? "") ?? 0))
                for mailbox in engine.mailboxes { mailbox.started() }
            }
            expect(server, running: 3, waiting: 0)
            for number in 0..<3 {
                engine.finish(number)
                #expect(try await clients[number].receiveResponse().code == 200)
                await clients[number].close()
            }
            try await client.sendChat()
            try await eventually { engine.mailboxes.count == 4 }
            engine.finish(3)
            #expect(try await client.receiveResponse().code == 200)
        }
    }

    @Test func `a paused stream does not count, and continues without waiting when its client has caught up`()
        async throws
    {
        var backend = backend(1)
        backend.yields = true
        let piece = String(repeating: "x", count: 64 * 1024)
        try await withClient(of: backend, .with(\.maximumWaiting, 0)) { client, server in
            let reader = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await reader.sendChat(#""stream":true"#)
            try await eventually { engine.mailboxes.count == 1 }
            let slow = engine.mailboxes[0]
            // The socket buffers some of it before the stream is paused.
            var offered = 0
            try await eventually {
                if slow.hasCredit {
                    offer(.text(piece), to: slow)
                    offered += 1
                }
                try? await Task.sleep(for: .milliseconds(20))
                return server.counters.running == 0 && !slow.hasCredit
            }
            let clients = try await submit(1, to: server)
            expect(server, running: 0, waiting: 1)
            try MartletTests.expect(try await client.chat(), is: 429, "rate_limit_error", code: "rate_limit_exceeded")
            let wakeCount = engine.wakeCount
            _ = try await reader.receiveHead()
            for _ in 0...offered { _ = try await reader.receiveEvent() }
            try await eventually { slow.hasCredit && engine.wakeCount > wakeCount }
            expect(server, running: 1, waiting: 1)
            engine.finish(0)
            while try await reader.receiveEvent() != nil {}
            engine.finish(1)
            #expect(try await clients[0].receiveResponse().code == 200)
            for client in clients + [reader] { await client.close() }
            try await eventually { server.counters.tasks == 0 }
            expect(server, running: 0, waiting: 0)
        }
    }

    // MARK: The head of a stream

    @Test func `the wait for the head begins when the engine starts the request`() async throws {
        var configuration = ServerConfiguration(port: 0)
        configuration.limits.headWait = .milliseconds(1)
        configuration.limits.heartbeatInterval = .milliseconds(1)
        try await withClient(of: backend(2), configuration) { _, server in
            let clients = try await submit(2, to: server, #""stream":true"#)
            engine.mailboxes[0].started()
            // The head of the first is sent, then comments: the head wait has ended on this loop's clock.
            #expect(try await clients[0].receiveHead().status == .ok)
            for _ in 0..<4 { #expect(try await clients[0].receiveEvent() == ": ping\n\n") }
            engine.mailboxes[1].fail(BackendError.unavailable("Busy."))
            try MartletTests.expect(
                try await clients[1].receiveResponse(), is: 503, "server_error", code: "service_unavailable")
            engine.finish(0)
            for client in clients { await client.close() }
        }
    }

    // MARK: Several prompts

    /// Completions and chats in one queue.
    private struct BatchBackend: ChatBackend, CompletionBackend {
        let engine: StepEngine
        var maxConcurrency: Int
        var schedulesItself: Bool { true }

        func listModels() -> [Model] { ["scripted"] }

        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
            try await sink.withMailbox(wake: engine.wake) { engine.submit($0) }
        }

        func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
            try await sink.withMailbox(wake: engine.wake) { engine.submit($0) }
        }
    }

    @Test func `a batch uses what is free, and less while another request waits`() async throws {
        try await withClient(of: BatchBackend(engine: engine, maxConcurrency: 3)) { batch, server in
            try await batch.send(.post, "/v1/completions", body: #"{"prompt":[[1],[2],[3],[4],[5],[6]]}"#)
            try await eventually { engine.mailboxes.count == 3 }
            for mailbox in engine.mailboxes { mailbox.started() }
            expect(server, running: 3, waiting: 0)
            let chats = try await submit(1, to: server)
            expect(server, running: 3, waiting: 1)
            for number in 0..<3 { engine.finish(number) }
            // One prompt goes on, with the request's own permit, which has been started.
            try await eventually { engine.mailboxes.count == 5 && server.counters.running == 1 }
            expect(server, running: 1, waiting: 1)
            engine.mailboxes[3].started()
            expect(server, running: 2, waiting: 0)
            engine.finish(4)
            // With the next prompt it takes the third permit again.
            try await eventually { engine.mailboxes.count == 7 }
            expect(server, running: 2, waiting: 1)
            engine.finish(3)
            #expect(try await chats[0].receiveResponse().code == 200)
            await chats[0].close()
            for number in 5...6 { engine.finish(number) }
            #expect(try await batch.receiveResponse().json()["choices"]?.array?.count == 6)
            try await eventually { server.counters.tasks == 0 }
            expect(server, running: 0, waiting: 0)
        }
    }
}
