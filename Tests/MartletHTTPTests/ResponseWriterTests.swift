import MartletHTTP
import MartletUV
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ResponseWriterTests {
    private func with(_ body: (ResponseStream) async throws -> Void) async throws {
        let loop = try EventLoop()
        do {
            try await body(ResponseStream(on: loop) {})
        } catch {
            Issue.record(error)
        }
        await loop.stop()
    }

    @Test func `a complete response is sent unchanged`() async throws {
        try await with { stream in
            ResponseWriter(stream).send(HTTPResponse(.notFound, text: "no"))
            guard case .whole(let reply) = stream.take() else {
                Issue.record("no reply")
                return
            }
            #expect(reply.head.status == .notFound)
            #expect(reply.body.elementsEqual("no".utf8))
        }
    }

    @Test func `a streamed response is sent in order, and ends`() async throws {
        try await with { stream in
            let body = ResponseWriter(stream).stream(ResponseHead(.ok))
            try await body.write(Array("one".utf8))
            try await body.write(Array("two".utf8))
            body.finish()
            guard case .part(let head?, let bytes, true) = stream.take() else {
                Issue.record("no part")
                return
            }
            #expect(head.status == .ok)
            #expect(bytes.elementsEqual("onetwo".utf8))
        }
    }

    @Test func `a write waits for a slow client and throws when it has left`() async throws {
        try await with { stream in
            let body = ResponseWriter(stream).stream(ResponseHead(.ok))
            let writing = Task { try await body.write([UInt8](repeating: 0, count: ResponseStream.highWater + 1)) }
            await eventually("the wait") { !stream.hasRoom }
            stream.cancel()
            await #expect(throws: CancellationError.self) { try await writing.value }
        }
    }
}
