import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

/// Readers that leave, and tasks that are cancelled: the connection closes, and with it ends the server's work.
struct CancellationTests {
    private static let a = FaultStep.delta("a")

    @Test func `leaving the loop closes the connection before two more events are sent`() async throws {
        let pieces = (0..<1000).flatMap { _ in [FaultStep.delta("x"), .delay(.milliseconds(10))] }
        try await withFaults([.streamHead] + pieces) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            for try await event in stream where event.text != nil { break }
            let writes = server.writes
            try await eventually { server.openConnections == 0 }
            #expect(server.writes <= writes + 2)
            #expect(stream.ending?.name == "cancelled")
        }
    }

    @Test func `releasing an unread stream closes its connection`() async throws {
        try await withFaults([.streamHead, Self.a, .stall]) { (client, server) async throws in
            _ = try await client.stream("Hi")
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `cancelling the reader's task ends the stream as cancelled`() async throws {
        try await withFaults([.streamHead, Self.a, .stall]) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            let reading = Task { await stream.drained().ending?.name }
            try await eventually { stream.replySoFar.content == "a" }
            reading.cancel()
            #expect(await reading.value == "cancelled")
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `cancelling ends a call, before a response and between two attempts`() async throws {
        var policy = RetryPolicy()
        policy.initialDelay = .seconds(3600)
        policy.maximumDelay = .seconds(3600)
        try await withFaults([.stall], [.failure(503)], [.failure(503)], retry: policy) {
            (client, server) async throws in
            for calls in 1...2 {
                let request = Task { await failure { try await client.chat("Hi") } }
                try await eventually { server.requests.count == calls }
                try await Task.sleep(for: .milliseconds(50))
                request.cancel()
                #expect(await request.value?.reason == .cancelled)
                try await eventually { server.openConnections == 0 || calls == 2 }
            }
        }
    }

    @Test func `cancelling ends a reader that never waits`() async throws {
        let event = String(repeating: FaultStep.eventText(FaultStep.chunk(delta: #"{"content":"abc"}"#)), count: 300)
        try await withFaults([.streamHead, .send(event, times: 600), .finish(), .done, .close]) {
            (client, server) async throws in
            let count = Locked(0)
            let done = Locked(false)
            let ending = Locked("")
            let task = Task {
                let stream = try await client.stream(.init(messages: [.user("Hi")]), keepsReply: false)
                do { for try await _ in stream { count.withLock { $0 += 1 } } } catch {}
                ending.withLock { $0 = stream.ending?.name ?? "nil" }
                done.withLock { $0 = true }
            }
            try await eventually { count.withLock { $0 } > 10 }
            task.cancel()
            try await eventually { done.withLock { $0 } }
            #expect(ending.withLock { $0 } == "cancelled")
            #expect(count.withLock { $0 } < 300 * 600)
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `cancelling ends a call that receives only comments`() async throws {
        let flood = String(repeating: ": ping\n\n", count: 8000)
        try await withFaults([.streamHead, .send(flood, times: 3000), .close], retry: .none) {
            (client, server) async throws in
            let done = Locked(false)
            let task = Task {
                _ = try? await client.stream("Hi")
                done.withLock { $0 = true }
            }
            try await eventually { server.bytesSent > 100_000 }
            task.cancel()
            try await eventually { done.withLock { $0 } }
            #expect(server.bytesSent < flood.utf8.count * 3000)
        }
    }

    @Test func `a reader that throws cancels its stream, which is not retried`() async throws {
        struct Enough: Error {}
        try await withFaults([.streamHead, .delta("a"), .delta("b"), .stall]) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            await #expect(throws: Enough.self) {
                for try await event in stream where event.text == "b" { throw Enough() }
            }
            try await eventually { server.openConnections == 0 }
            #expect(stream.ending?.name == "cancelled")
            #expect(stream.replySoFar.content == "ab")
            #expect(server.requests.count == 1)
        }
    }
}
