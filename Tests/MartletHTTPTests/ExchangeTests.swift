import Testing

@testable import MartletHTTP

struct ExchangeTests {
    /// The exchange of a request that is read from text.
    private func exchange(_ request: String, keepsAlive: Bool = true) throws -> Exchange {
        var parser = RequestParser()
        var offset = 0
        let bytes = Array(request.utf8)
        guard case .head(let head) = try parser.next(bytes.span, &offset) else { throw ExchangeFault.noHead }
        var generator = UniqueID.Generator()
        return Exchange(head, generator.next(), keepsAlive: keepsAlive)
    }

    private enum ExchangeFault: Error { case noHead }

    private static let get = "GET / HTTP/1.1\r\nHost: a\r\nx-request-id: id\r\n\r\n"
    private static let head = "HEAD / HTTP/1.1\r\nHost: a\r\nx-request-id: id\r\n\r\n"
    private static let old = "GET / HTTP/1.0\r\nx-request-id: id\r\n\r\n"
    private static let oldKept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\nx-request-id: id\r\n\r\n"
    private static let start = "HTTP/1.1 200 OK\r\nDate: now\r\nx-request-id: id\r\nX: y\r\n"

    private func whole(_ request: String, _ status: HTTPStatus = .ok, keepsAlive: Bool = true) throws -> String {
        var out: [UInt8] = []
        try exchange(request, keepsAlive: keepsAlive).append(
            HTTPResponse(status, fields: ["X": "y"], body: Array("body".utf8)), date: Array("now".utf8), to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private func pieces(_ request: String, _ status: HTTPStatus = .ok) throws -> (text: String, keepsAlive: Bool) {
        var exchange = try exchange(request)
        var out: [UInt8] = []
        exchange.append(ResponseHead(status, fields: ["X": "y"]), date: Array("now".utf8), to: &out)
        exchange.append(Array("sixteen bytes ...".utf8), isLast: false, to: &out)
        exchange.append([], isLast: false, to: &out)
        exchange.append([], isLast: true, to: &out)
        return (String(decoding: out, as: UTF8.self), exchange.keepsAlive)
    }

    @Test func `a complete response has its length, and the Connection field that its version needs`() throws {
        #expect(try whole(Self.get) == Self.start + "Content-Length: 4\r\n\r\nbody")
        #expect(try whole(Self.head) == Self.start + "Content-Length: 4\r\n\r\n")
        #expect(
            try whole(Self.get, keepsAlive: false) == Self.start + "Content-Length: 4\r\nConnection: close\r\n\r\nbody")
        #expect(try whole(Self.old) == Self.start + "Content-Length: 4\r\nConnection: close\r\n\r\nbody")
        #expect(try whole(Self.oldKept) == Self.start + "Content-Length: 4\r\nConnection: keep-alive\r\n\r\nbody")
    }

    @Test(arguments: [101, 204, 304])
    func `a status without content ends with its head`(code: Int) throws {
        #expect(try whole(Self.get, HTTPStatus(code)).hasSuffix("\r\nX: y\r\n\r\n"))
        #expect(try pieces(Self.get, HTTPStatus(code)).text.hasSuffix("\r\nX: y\r\n\r\n"))
    }

    @Test func `a status without a phrase keeps the space before it`() throws {
        #expect(try whole(Self.get, HTTPStatus(299)).hasPrefix("HTTP/1.1 299 \r\nDate: now\r\n"))
    }

    @Test func `a streamed response is chunked, and only the last chunk is empty`() throws {
        let (text, keepsAlive) = try pieces(Self.get)
        #expect(text == Self.start + "Transfer-Encoding: chunked\r\n\r\n11\r\nsixteen bytes ...\r\n0\r\n\r\n")
        #expect(keepsAlive)
        #expect(try pieces(Self.head).text == Self.start + "Transfer-Encoding: chunked\r\n\r\n")
    }

    @Test func `a streamed response to HTTP 1_0 ends with the connection`() throws {
        let (text, keepsAlive) = try pieces(Self.oldKept)
        #expect(text == Self.start + "Connection: close\r\n\r\nsixteen bytes ...")
        #expect(!keepsAlive)
    }

    @Test func `the processing time has the field that the context names`() throws {
        var exchange = try exchange(Self.get)
        exchange.processingTime = (Array("took: ".utf8), .now - .seconds(5))
        var out: [UInt8] = []
        exchange.append(HTTPResponse(.noContent), date: Array("now".utf8), to: &out)
        let lines = String(decoding: out, as: UTF8.self).split(separator: "\r\n")
        #expect(lines.dropFirst(2).first == "x-request-id: id")
        #expect(lines.dropFirst(3).first?.hasPrefix("took: 5") == true)
    }

    @Test func `a request without a readable head is answered, and the connection ends`() {
        var generator = UniqueID.Generator()
        let id = generator.next()
        let exchange = Exchange(refused: nil, id)
        #expect(!exchange.keepsAlive)
        #expect(exchange.id.text == "req_\(id.text)")
    }
}
