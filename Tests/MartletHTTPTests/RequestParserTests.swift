import MartletHTTP
import Testing

struct RequestParserTests {
    static let valid = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nOPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nX:\r\n\r\n",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{\"model\":\"\"}\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n0\r\nT: u\r\n\r\n",
        "HEAD http://a/b?c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    ]

    @Test(arguments: valid)
    func `no prefix of a valid request is refused or accepted as a complete one`(_ request: String) throws {
        let bytes = Array(request.utf8)
        let headEnd = try #require(request.utf8.indices.first { request.utf8[$0...].starts(with: "\r\n\r\n".utf8) })
        let headCount = request.utf8.distance(from: request.utf8.startIndex, to: headEnd) + 4
        for count in 0..<bytes.count {
            let fed = Fed([Array(bytes[..<count])])
            #expect(fed.error == nil)
            #expect(fed.requests.isEmpty == (count < headCount))
            #expect(fed.requests.allSatisfy { !$0.hasSuffix(".") })
            let began = count > (request.hasPrefix("\r\n") ? 2 : 0)
            #expect(fed.isMidRequest == began)
            #expect(fed.isInHead == (began && count < headCount))
        }
        let whole = Fed([bytes])
        #expect(whole.requests.count == 1 && whole.requests[0].hasSuffix("."))
        #expect(!whole.isMidRequest && !whole.isInHead && whole.error == nil)
    }

    @Test func `pipelined requests give the same events at every split`() {
        let fed = Fed.everyWay(Self.valid.joined() + Self.valid.reversed().joined())
        #expect(fed.error == nil)
        #expect(
            fed.requests == Self.valid.flatMap { Fed([Array($0.utf8)]).requests }
                + Self.valid.reversed().flatMap { Fed([Array($0.utf8)]).requests })
    }

    @Test func `a body of a known length is passed on unchanged`() {
        let head = "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
        let fed = Fed.everyWay(head + "GET / HTTP" + "GET / HTTP/1.1\r\nHost: b\r\n\r\n")
        #expect(
            fed.requests == [
                "PUT /x 1.1 length(10) [Host=a&Content-Length=10] keeps GET / HTTP.", "GET / 1.1 none [Host=b] keeps .",
            ])
    }

    @Test func `a body above the limit is refused after its head was returned`() throws {
        let bytes = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n".utf8)
        var limits = RequestParser.Limits()
        limits.maximumBodyBytes = 10
        let fed = Fed.everyWay(bytes, limits: limits)
        #expect(fed.status == 413)
        #expect(fed.requests.count == 1)
        limits.maximumBodyBytes = 11
        #expect(Fed.everyWay(bytes + Array("hello world".utf8), limits: limits).error == nil)
    }

    @Test func `the body limit may be changed between a head and its body`() throws {
        let bytes = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello".utf8)
        var parser = RequestParser()
        var offset = 0
        _ = try parser.next(bytes.span, &offset)
        var strict = parser
        strict.maximumBodyBytes = 4
        #expect(throws: RequestError.self) { _ = try strict.next(bytes.span, &offset) }
        parser.maximumBodyBytes = 5
        guard case .body(let range)? = try parser.next(bytes.span, &offset) else {
            Issue.record("no body")
            return
        }
        #expect(bytes[range].elementsEqual("hello".utf8))
    }

    @Test func `a parser that threw throws the same error again`() {
        var parser = RequestParser()
        var offset = 0
        let bad = Array("GET /\n".utf8)
        let first = #expect(throws: RequestError.self) { _ = try parser.next(bad.span, &offset) }
        let good = Array("GET / HTTP/1.0\r\n\r\n".utf8)
        offset = 0
        let second = #expect(throws: RequestError.self) { _ = try parser.next(good.span, &offset) }
        #expect(first == second)
        #expect(offset == 0)
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n5c\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n5c\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nX: y\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n",
        "POST / HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\nGET /admin HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent\u{0}-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
        "GET / HTTP/1.1 GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
    func `smuggled requests are never returned`(_ attack: String) {
        let fed = Fed.everyWay(attack)
        #expect(fed.status == 400)
        #expect(!fed.requests.contains { $0.contains("/admin") || $0.contains("/b ") })
    }
}
