import MartletHTTP
import MartletUV
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ResponseWriterTests {
    private func with(_ body: (ResponseBuffer) async throws -> Void) async throws {
        let loop = try EventLoop()
        do {
            try await body(ResponseBuffer(on: loop) {})
        } catch {
            Issue.record(error)
        }
        await loop.stop()
    }

    @Test func `a complete response is sent unchanged`() async throws {
        try await with { buffer in
            ResponseWriter(buffer).send(HTTPResponse(.notFound, text: "no"))
            guard case .complete(let response) = buffer.take() else {
                Issue.record("no response")
                return
            }
            #expect(response.head.status == .notFound)
            #expect(response.body.elementsEqual("no".utf8))
        }
    }

    @Test func `a streamed response is sent in order, and ends`() async throws {
        try await with { buffer in
            let body = ResponseWriter(buffer).stream(ResponseHead(.ok))
            try await body.write(Array("one".utf8))
            try await body.write(Array("two".utf8))
            body.finish()
            guard case .part(let head?, let bytes, true) = buffer.take() else {
                Issue.record("no part")
                return
            }
            #expect(head.status == .ok)
            #expect(bytes.elementsEqual("onetwo".utf8))
        }
    }

    @Test func `a write waits for a slow client and throws when it has left`() async throws {
        try await with { buffer in
            let body = ResponseWriter(buffer).stream(ResponseHead(.ok))
            let writing = Task { try await body.write([UInt8](repeating: 0, count: ResponseBuffer.highWater + 1)) }
            await eventually("the wait") { !buffer.hasRoom }
            buffer.cancel()
            await #expect(throws: CancellationError.self) { try await writing.value }
        }
    }
}
