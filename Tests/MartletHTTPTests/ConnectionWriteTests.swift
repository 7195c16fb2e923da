import Foundation
import MartletHTTP
import MartletTesting
import MartletUV
import Testing

/// How responses are written: in how many writes, and what happens when the client does not read.
@Suite(.timeLimit(.minutes(2)))
struct ConnectionWriteTests {
    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

    private static let limits = {
        var limits = ConnectionLimits.patient
        limits.maximumBodyBytes = 1_000_000
        return limits
    }()

    @Test func `pipelined requests that arrive together are answered with one write`() async throws {
        try await TestConnection.open { test in
            await test.send(String(repeating: Self.get("/static"), count: 50))
            for _ in 0..<50 { #expect(await test.response().body == "static") }
            #expect(await test.writes.count == 1)
        }
    }

    @Test func `a static response and a task's response of the same turn leave with one write`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/static") + Self.get("/loop?1"))
            #expect(await test.response().body == "static")
            #expect(await test.response().body == "loop 1")
            #expect(await test.writes.count == 1)
        }
    }

    @Test func `a static response does not wait for the task behind it`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/static") + Self.get("/gated"))
            #expect(await test.response().body == "static")
            #expect(await test.received.isEmpty)
        }
    }

    @Test func `a task's response and those of the requests behind it leave with one write`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/gated") + Self.get("/static") + Self.get("/static"))
            await eventually("the task") { test.service.tasks.value == 1 }
            test.service.gate.open()
            for body in ["gated", "static", "static"] { #expect(await test.response().body == body) }
            #expect(await test.writes.count == 1)
        }
    }

    @Test func `all that a stream emits in one turn, its end included, is one chunk and one write`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/stream"))
            let response = await test.response()
            #expect(response.chunks == ["one two three data: [DONE]\n\n"])
            let writes = await test.writes
            #expect(writes.count == 1)
            #expect(writes.last?.hasSuffix("[DONE]\n\n\r\n0\r\n\r\n") == true)
        }
    }

    @Test func `the first piece leaves at once, and the last bytes and the last chunk together`() async throws {
        try await TestConnection.open { test in
            await test.send(Self.get("/gated-stream"))
            await eventually("the first piece") { await test.writes.count == 1 }
            #expect(await test.writes.first?.hasSuffix("\r\n\r\n6\r\nbegun \r\n") == true)
            test.service.gate.open()
            #expect(await test.response().chunks == ["begun ", "ended"])
            #expect(await test.writes.dropFirst() == ["5\r\nended\r\n0\r\n\r\n"])
        }
    }

    @Test func `a stream pauses while its client does not read, and resumes when it does`() async throws {
        try await TestConnection.open { test in
            await test.on { $0.transport.open(1000) }
            await test.send(Self.get("/endless"))
            await eventually("the mark") { await test.on { $0.transport.unsentByteCount } > 0 }
            let most = await Self.settledUnsentCount(of: test)
            #expect(most < 2 * ResponseBuffer.highWater)
            let writeCount = await test.writes.count
            await test.on { $0.transport.open(most) }
            await eventually("more writes") { await test.writes.count > writeCount }
        }
    }

    /// What is unsent when nothing has been added for a while.
    private static func settledUnsentCount(of test: TestConnection) async -> Int {
        var last = -1
        await eventually("a stream that waits") {
            let count = await test.on { $0.transport.unsentByteCount }
            defer { last = count }
            try? await Task.sleep(for: .milliseconds(50))
            return count == last
        }
        return last
    }

    @Test func `reading pauses with more than 64 KiB of requests behind a response, until it has ended`() async throws {
        try await TestConnection.open(Self.limits) { test in
            await test.send(Self.get("/gated"))
            let body = String(repeating: "b", count: 30_000)
            let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\n" + body
            await test.send(post)
            await test.send(post)
            #expect(await test.isReading)
            await test.send(post)
            #expect(!(await test.isReading))
            test.service.gate.open()
            #expect(await test.response().body == "gated")
            for _ in 0..<3 { #expect(await test.response().body == body) }
            #expect(await test.isReading)
        }
    }

    @Test func `a client that pipelines and does not read is paused, and served when it reads`() async throws {
        try await TestConnection.open { test in
            await test.on { $0.transport.open(0) }
            for _ in 0..<3000 { await test.send(Self.get("/static")) }
            let held = await test.on { $0.transport.unsentByteCount }
            #expect(held > ResponseBuffer.highWater && held < 2 * ResponseBuffer.highWater)
            #expect(!(await test.isReading))
            await test.on { $0.transport.open(.max) }
            for _ in 0..<3000 { #expect(await test.response().body == "static") }
            #expect(await test.isReading)
        }
    }

    @Test func `a client that takes no bytes is dropped although its stream continues`() async throws {
        var limits = ConnectionLimits.patient
        limits.writeTimeout = .milliseconds(300)
        try await TestConnection.open(limits) { test in
            await test.on { $0.transport.open(0) }
            await test.send(Self.get("/trickle"))
            await eventually("the connection's end") { await test.isClosed }
            await eventually("the task's end") { test.service.cancelled.value == 1 }
        }
    }

    @Test func `a client that takes bytes slowly is not dropped`() async throws {
        var limits = ConnectionLimits.patient
        limits.writeTimeout = .seconds(2)
        try await TestConnection.open(limits) { test in
            await test.on { $0.transport.open(0) }
            // On its own thread, which nothing delays.
            await onThread {
                test.post { $0.transport.delegate?.transportDidRead(Array(Self.get("/large").utf8).span) }
                for _ in 0..<60 {
                    test.post { $0.transport.open(100) }
                    usleep(50_000)
                }
                test.post { $0.transport.open(.max) }
            }
            #expect(await test.response().body.count == 200_000)
        }
    }

    @Test func `an idle stream sends heartbeats`() async throws {
        var limits = ConnectionLimits.patient
        limits.heartbeatInterval = .milliseconds(10)
        try await TestConnection.open(limits) { test in
            await test.send(Self.get("/hanging-stream"))
            await eventually("two heartbeats") {
                await test.writes.count { $0 == "6\r\n: beat\r\n" } >= 2
            }
        }
    }
}

/// Runs blocking code on its own thread: the pool that tasks share has only one thread per core.
private func onThread(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            body()
            continuation.resume()
        }
    }
}
