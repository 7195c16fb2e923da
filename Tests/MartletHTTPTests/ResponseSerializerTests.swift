import Testing

@testable import MartletHTTP

struct ResponseSerializerTests {
    private static func head(
        _ status: HTTPStatus, _ framing: ResponseSerializer.Framing, keepsAlive: Bool = true, isHTTP10: Bool = false
    ) -> String {
        var bytes: [UInt8] = []
        ResponseSerializer.appendHead(
            ResponseHead(status, fields: ["X": "y"]), framing: framing,
            connection: .init(
                date: Array("now".utf8), requestID: "id", keepsAlive: keepsAlive, isHTTP10: isHTTP10), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a head is the status line, the fields and an empty line`() {
        #expect(
            Self.head(.ok, .length(12))
                == "HTTP/1.1 200 OK\r\nDate: now\r\nx-request-id: id\r\nX: y\r\nContent-Length: 12\r\n\r\n")
        #expect(
            Self.head(HTTPStatus(299), .chunked)
                == "HTTP/1.1 299 \r\nDate: now\r\nx-request-id: id\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    @Test func `a head says what a client of its version cannot know`() {
        #expect(Self.head(.ok, .none).hasSuffix("\r\nX: y\r\n\r\n"))
        #expect(Self.head(.ok, .none, isHTTP10: true).hasSuffix("\r\nConnection: keep-alive\r\n\r\n"))
        #expect(Self.head(.ok, .close, keepsAlive: false).hasSuffix("\r\nX: y\r\nConnection: close\r\n\r\n"))
        #expect(Self.head(.ok, .close, keepsAlive: false, isHTTP10: true).hasSuffix("\r\nConnection: close\r\n\r\n"))
    }

    @Test(arguments: [(0, ""), (1, "1"), (15, "f"), (16, "10"), (70_000, "11170")])
    func `a chunk has its size in hexadecimal digits, and none is empty`(count: Int, size: String) {
        var bytes: [UInt8] = []
        ResponseSerializer.appendChunk([UInt8](repeating: 0x78, count: count), to: &bytes)
        let expected = count == 0 ? "" : size + "\r\n" + String(repeating: "x", count: count) + "\r\n"
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [(100, false), (199, false), (200, true), (204, false), (304, false), (404, true)])
    func `statuses that may have content`(code: Int, mayHaveContent: Bool) {
        #expect(HTTPStatus(code).mayHaveContent == mayHaveContent)
    }
}
