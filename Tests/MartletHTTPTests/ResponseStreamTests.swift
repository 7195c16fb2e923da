import MartletHTTP
import MartletUV
import Testing

/// The stream alone: the test stands on both of its sides.
@Suite(.timeLimit(.minutes(2)))
struct ResponseStreamTests {
    /// Runs `body` with a stream, on a loop of its own, that counts its flushes.
    private func with(_ body: (ResponseStream, Gauge) async throws -> Void) async throws {
        let loop = try EventLoop()
        let flushes = Gauge()
        do {
            try await body(ResponseStream(on: loop) { flushes.add(1) }, flushes)
        } catch {
            Issue.record(error)
        }
        await loop.stop()
    }

    private func text(_ output: ResponseStream.Output) -> String {
        switch output {
        case .nothing: "nothing"
        case .broken: "broken"
        case .whole(let reply): "whole \(reply.head.status.code) " + String(decoding: reply.body, as: UTF8.self)
        case .part(let head, let bytes, let isLast):
            [head.map { "\($0.status.code)" }, String(decoding: bytes, as: UTF8.self), isLast ? "last" : nil]
                .compactMap(\.self).joined(separator: "|")
        }
    }

    private func append(_ count: Int, to stream: ResponseStream) throws -> ResponseStream.Pressure {
        try stream.append { $0.append(contentsOf: [UInt8](repeating: 0x78, count: count)) }
    }

    @Test func `the head goes with the first bytes, once, and the end with the last`() async throws {
        try await with { stream, _ in
            #expect(text(stream.take()) == "nothing")
            stream.prepare(ResponseHead())
            #expect(text(stream.take()) == "nothing")
            _ = try stream.append { $0.append(contentsOf: "a".utf8) }
            _ = try stream.append { $0.append(contentsOf: "b".utf8) }
            #expect(text(stream.take()) == "200|ab")
            #expect(stream.isStarted)
            #expect(text(stream.take()) == "nothing")
            _ = try stream.append { $0.append(contentsOf: "c".utf8) }
            stream.finish { $0.append(contentsOf: "d".utf8) }
            stream.finish { $0.append(contentsOf: "e".utf8) }
            #expect(throws: CancellationError.self) { _ = try append(1, to: stream) }
            #expect(text(stream.take()) == "cd|last")
        }
    }

    @Test func `the head may be sent before any byte, and a heartbeat only when nothing else is pending`() async throws
    {
        try await with { stream, _ in
            stream.prepare(ResponseHead(), heartbeat: Array("beat".utf8))
            stream.sendHeartbeat()
            #expect(text(stream.take(committingHead: true)) == "200|")
            stream.sendHeartbeat()
            #expect(text(stream.take()) == "beat")
            _ = try append(1, to: stream)
            stream.sendHeartbeat()
            #expect(text(stream.take()) == "x")
        }
    }

    @Test func `a complete response replaces a head that has not been sent, and nothing later`() async throws {
        try await with { stream, _ in
            stream.prepare(ResponseHead())
            #expect(stream.send(HTTPResponse(.notFound, text: "no")))
            #expect(!stream.send(HTTPResponse(text: "late")))
            #expect(text(stream.take()) == "whole 404 no")
        }
        try await with { stream, _ in
            stream.prepare(ResponseHead())
            _ = try append(1, to: stream)
            stream.fail(HTTPResponse(.notFound, text: "no")) { $0.append(contentsOf: "error".utf8) }
            #expect(text(stream.take()) == "200|xerror|last")
        }
    }

    @Test func `only the first of several appends asks for a signal, until they are taken`() async throws {
        try await with { (stream: ResponseStream, flushes: Gauge) async throws in
            #expect(try !append(0, to: stream).needsSignal)
            #expect(try append(1, to: stream).needsSignal)
            #expect(try !append(1, to: stream).needsSignal)
            _ = stream.take()
            #expect(try append(1, to: stream).needsSignal)
            stream.signal()
            stream.finish()
            await eventually("both signals") { flushes.value == 2 }
        }
    }

    @Test func `a writer waits above the high-water mark until the low-water mark is reached`() async throws {
        try await with { stream, _ in
            stream.prepare(ResponseHead())
            #expect(try !append(ResponseStream.highWater, to: stream).isHigh)
            try await stream.waitForRoom()
            #expect(try append(1, to: stream).isHigh)
            #expect(!stream.hasRoom)
            let passed = Gauge()
            let waiting = Task {
                try await stream.waitForRoom()
                passed.add(1)
            }
            _ = stream.take()
            #expect(!stream.hasRoom)
            stream.didWrite(unsent: ResponseStream.lowWater + 1)
            #expect(!stream.hasRoom)
            #expect(passed.value == 0)
            stream.didWrite(unsent: ResponseStream.lowWater)
            try await waiting.value
            #expect(stream.hasRoom)
        }
    }

    @Test(arguments: [true, false])
    func `a waiting writer ends with its client, or with its own cancellation`(byClient: Bool) async throws {
        try await with { stream, _ in
            _ = try append(ResponseStream.highWater + 1, to: stream)
            let waiters = (0..<3).map { _ in Task { try await stream.waitForRoom() } }
            if byClient { stream.cancel() } else { for waiter in waiters { waiter.cancel() } }
            for waiter in waiters {
                await #expect(throws: CancellationError.self) { try await waiter.value }
            }
            #expect(stream.isCancelled == byClient)
            stream.didWrite(unsent: 0)
        }
    }

    @Test func `nothing can be sent to a client that has left`() async throws {
        try await with { stream, _ in
            stream.cancel()
            stream.cancel()
            #expect(throws: CancellationError.self) { _ = try append(1, to: stream) }
            await #expect(throws: CancellationError.self) { try await stream.waitForRoom() }
            #expect(!stream.send(HTTPResponse(text: "late")))
            stream.finish { $0.append(contentsOf: "late".utf8) }
            #expect(text(stream.take()) == "nothing")
        }
    }

    @Test func `listeners are called for room and for the end until they are removed`() async throws {
        try await with { stream, _ in
            let told = Gauge()
            let removed = stream.addListener { told.add(100) }
            _ = stream.addListener { told.add(1) }
            stream.removeListener(removed)
            _ = try append(ResponseStream.highWater + 1, to: stream)
            _ = stream.take()
            stream.didWrite(unsent: 0)
            #expect(told.value == 1)
            stream.didWrite(unsent: 0)
            #expect(told.value == 1)
            stream.cancel()
            #expect(told.value == 2)
        }
    }

    @Test(arguments: [true, false])
    func `a task ends with its client, also one that starts too late`(isLate: Bool) async throws {
        try await with { stream, _ in
            let tasks = Gauge()
            let cancelled = Gauge()
            if isLate { stream.cancel() }
            stream.run(on: nil, counting: tasks) {
                try? await Task.sleep(for: .seconds(600))
                if Task.isCancelled { cancelled.add(1) }
            }
            if !isLate { stream.cancel() }
            await eventually("the task's end") { tasks.value == 0 }
            #expect(cancelled.value == 1)
        }
    }

    @Test(arguments: [true, false])
    func `a task runs on the given executor`(onLoop: Bool) async throws {
        try await with { stream, _ in
            let tasks = Gauge()
            let onLoopCount = Gauge()
            stream.run(on: onLoop ? stream.loop : nil, counting: tasks) {
                await Task.yield()
                if stream.loop.isCurrent { onLoopCount.add(1) }
            }
            await eventually("the task's end") { tasks.value == 0 }
            #expect(onLoopCount.value == (onLoop ? 1 : 0))
        }
    }

    @Test func `an interruption runs its action and cancels the task`() async throws {
        try await with { stream, _ in
            let tasks = Gauge()
            stream.onInterrupt { stream.fail(HTTPResponse(.serviceUnavailable, text: "stopping")) { _ in } }
            stream.run(on: nil, counting: tasks) { try? await Task.sleep(for: .seconds(600)) }
            stream.interrupt()
            #expect(text(stream.take()) == "whole 503 stopping")
            await eventually("the task's end") { tasks.value == 0 }
            stream.interrupt()
        }
    }

    @Test func `a stream and its task release each other`() async throws {
        let loop = try EventLoop()
        weak var weakStream: ResponseStream?
        let tasks = Gauge()
        do {
            let stream = ResponseStream(on: loop) {}
            weakStream = stream
            stream.onInterrupt { stream.finish() }
            stream.run(on: loop, counting: tasks) { stream.finish() }
        }
        await eventually("the task's end") { tasks.value == 0 }
        await eventually("the stream's end") { weakStream == nil }
        await loop.stop()
    }
}
