import MartletUV
import Testing

@testable import MartletHTTP

/// The buffer alone: the test is its producer and its connection.
@Suite(.timeLimit(.minutes(2)))
struct ResponseBufferTests {
    /// Runs `body` with a buffer on its own loop that counts its flushes.
    private func with(_ body: (ResponseBuffer, Gauge) async throws -> Void) async throws {
        let loop = try EventLoop()
        let flushes = Gauge()
        do {
            try await body(ResponseBuffer(on: loop) { flushes.add(1) }, flushes)
        } catch {
            Issue.record(error)
        }
        await loop.stop()
    }

    private func text(_ output: ResponseBuffer.Output) -> String {
        switch output {
        case .nothing: "nothing"
        case .aborted: "aborted"
        case .complete(let response):
            "whole \(response.head.status.code) " + String(decoding: response.body, as: UTF8.self)
        case .part(let head, let bytes, let isLast):
            [head.map { "\($0.status.code)" }, String(decoding: bytes, as: UTF8.self), isLast ? "last" : nil]
                .compactMap(\.self).joined(separator: "|")
        }
    }

    private func append(_ count: Int, to stream: ResponseBuffer) throws -> ResponseBuffer.Pressure {
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
            #expect(stream.wait == .content)
            #expect(text(stream.take()) == "nothing")
            _ = try stream.append { $0.append(contentsOf: "c".utf8) }
            stream.finish { $0.append(contentsOf: "d".utf8) }
            stream.finish { $0.append(contentsOf: "e".utf8) }
            #expect(throws: CancellationError.self) { _ = try append(1, to: stream) }
            #expect(text(stream.take()) == "cd|last")
        }
    }

    @Test(arguments: [false, true])
    func `the opening follows the head at once, and a complete response replaces both`(isCommitted: Bool) async throws {
        try await with { stream, _ in
            stream.prepare(ResponseHead(), opening: Array("open,".utf8))
            #expect(text(stream.take()) == "nothing")
            if !isCommitted { _ = try stream.append { $0.append(contentsOf: "a".utf8) } }
            #expect(text(stream.take(committingHead: isCommitted)) == (isCommitted ? "200|open," : "200|open,a"))
            _ = try stream.append { $0.append(contentsOf: "b".utf8) }
            #expect(text(stream.take()) == "b")
        }
        try await with { stream, _ in
            stream.prepare(ResponseHead(), opening: Array("open,".utf8))
            #expect(stream.send(HTTPResponse(.serviceUnavailable)))
            #expect(text(stream.take()) == "whole 503 ")
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
            #expect(!stream.send(HTTPResponse(.notFound, text: "no")))
            #expect(stream.finish { $0.append(contentsOf: "error".utf8) })
            #expect(text(stream.take()) == "200|xerror|last")
        }
    }

    @Test func `only the first of several appends asks for a signal, until they are taken`() async throws {
        try await with { (stream: ResponseBuffer, flushes: Gauge) async throws in
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
            #expect(try !append(ResponseBuffer.highWater, to: stream).isHigh)
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
            stream.didWrite(unsent: ResponseBuffer.lowWater + 1)
            #expect(!stream.hasRoom)
            #expect(passed.value == 0)
            stream.didWrite(unsent: ResponseBuffer.lowWater)
            try await waiting.value
            #expect(stream.hasRoom)
        }
    }

    @Test(arguments: [true, false])
    func `a waiting writer ends with its client, or with its own cancellation`(byClient: Bool) async throws {
        try await with { stream, _ in
            _ = try append(ResponseBuffer.highWater + 1, to: stream)
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
            let calls = Gauge()
            let removed = stream.addListener { calls.add(100) }
            _ = stream.addListener { calls.add(1) }
            stream.removeListener(removed)
            _ = try append(ResponseBuffer.highWater + 1, to: stream)
            _ = stream.take()
            stream.didWrite(unsent: 0)
            #expect(calls.value == 1)
            stream.didWrite(unsent: 0)
            #expect(calls.value == 1)
            stream.cancel()
            #expect(calls.value == 2)
        }
    }

    @Test func `a producer is stopped with its client, or when the response needs no more content`() async throws {
        try await with { buffer, _ in
            let stops = Gauge()
            buffer.stopProducer()
            buffer.setProducer(onStop: { stops.add(1) }, onInterrupt: { stops.add(100) })
            buffer.stopProducer()
            #expect(stops.value == 1)
            buffer.cancel()
            #expect(stops.value == 2)
            buffer.setProducer(onStop: { stops.add(1) }, onInterrupt: {})
            #expect(stops.value == 3)
        }
        try await with { buffer, _ in
            buffer.setProducer(onStop: { Issue.record("a removed producer is not called") }, onInterrupt: {})
            buffer.removeProducer()
            buffer.interrupt()
            buffer.cancel()
        }
    }

    @Test func `a stream is fed a head, bytes and an end without a task`() async throws {
        try await with { buffer, _ in
            buffer.prepare(ResponseHead(.accepted))
            #expect(text(buffer.take()) == "nothing")
            _ = try append(2, to: buffer)
            #expect(text(buffer.take()) == "202|xx")
            buffer.finish()
            #expect(text(buffer.take()) == "|last")
            #expect(!buffer.abort())
        }
    }

    @Test func `an aborted response has no end`() async throws {
        try await with { buffer, _ in
            buffer.prepare(ResponseHead())
            _ = try append(1, to: buffer)
            #expect(buffer.abort())
            #expect(!buffer.finish())
            #expect(text(buffer.take()) == "aborted")
        }
    }

    @Test func `fields are added until the head is taken`() async throws {
        try await with { buffer, _ in
            #expect(buffer.appendField("X-Early", "1"))
            buffer.prepare(ResponseHead(fields: ["X-Own": "2"]))
            #expect(buffer.appendField("X-Prepared", "3"))
            #expect(!buffer.appendField("not a token", "4"))
            guard case .part(let head?, _, _) = buffer.take(committingHead: true) else {
                Issue.record("no head")
                return
            }
            #expect(head.fields.map { "\($0.name): \($0.value)" } == ["X-Own: 2", "X-Early: 1", "X-Prepared: 3"])
            #expect(!buffer.appendField("X-Late", "5"))
        }
        try await with { buffer, _ in
            buffer.send(HTTPResponse(.ok, fields: ["X-Own": "1"]))
            #expect(buffer.appendField("X-Sent", "2"))
            guard case .complete(let response) = buffer.take() else {
                Issue.record("no response")
                return
            }
            #expect(response.head.fields.map(\.value) == ["1", "2"])
            #expect(!buffer.appendField("X-Late", "3"))
        }
    }
}
