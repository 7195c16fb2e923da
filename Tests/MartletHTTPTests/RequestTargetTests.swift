import MartletHTTP
import Testing

@testable import MartletHTTP

struct RequestTargetTests {
    private static func head(_ line: String) throws -> RequestHead {
        let bytes = Array("\(line) HTTP/1.1\r\nHost: field\r\n\r\n".utf8)
        var parser = RequestParser()
        var offset = 0
        guard case .head(let head)? = try parser.next(bytes.span, &offset) else {
            throw RequestError(.badRequest, "The head is not complete.")
        }
        return head
    }

    @Test(
        arguments: [
            ("GET /", "/", nil, "field"),
            ("GET /v1/models/a%2Fb", "/v1/models/a%2Fb", nil, "field"),
            ("GET //x/", "//x/", nil, "field"),
            ("GET /?", "/", "", "field"),
            ("GET /p?a=1?b=2", "/p", "a=1?b=2", "field"),
            ("GET /p?u=http://x/y", "/p", "u=http://x/y", "field"),
            ("GET /{a}|b", "/{a}|b", nil, "field"),
            ("OPTIONS *", "*", nil, "field"),
            ("GET http://example.com/v1/models?x", "/v1/models", "x", "example.com"),
            ("GET HTTP://example.com:8080/a", "/a", nil, "example.com:8080"),
            ("GET https://[::1]:80/", "/", nil, "[::1]:80"),
            ("GET http://example.com", "/", nil, "example.com"),
            ("GET http://example.com?q", "/", "q", "example.com"),
            ("OPTIONS http://example.com", "*", nil, "example.com"),
            ("OPTIONS http://example.com/", "/", nil, "example.com"),
        ] as [(String, String, String?, String)])
    func `the parts of a target`(line: String, path: String, query: String?, authority: String) throws {
        let head = try Self.head(line)
        #expect(head.target == line.split(separator: " ").last.map(String.init))
        #expect(head.path == path)
        #expect(head.query == query)
        #expect(head.authority == authority)
    }

    static let refusals = [
        ("GET *", 400), ("POST *", 400), ("OPTIONS *a", 400), ("OPTIONS **", 400), ("GET v1/models", 400),
        ("GET example.com:80", 400), ("GET ftp://example.com/", 400), ("GET http:/example.com/", 400),
        ("GET http:///", 400), ("GET http://", 400), ("GET http://a@b/", 400), ("GET http://a:b@c/", 400),
        ("GET http://a:99999/", 400), ("GET http://[/", 400), ("GET ?a", 400), ("GET \\a", 400),
        ("CONNECT example.com:443", 501), ("CONNECT /", 501),
    ].map { Refusal($0.0, $0.0 + " HTTP/1.1\r\nHost: a\r\n\r\n", $0.1) }

    @Test(arguments: refusals)
    func `a target in none of the three forms is refused with the head`(_ refusal: Refusal) {
        refusal.check()
    }
}

struct AuthorityTests {
    private static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return Authority.isValid(bytes.span)
    }

    @Test(arguments: [
        "a", "localhost", "localhost:8080", "127.0.0.1:1", "a.example", "a.example.", "a_b-c~d", "a:", "a:0", "a:65535",
        "[::1]", "[::1]:80", "[::ffff:1.2.3.4]", "[2001:DB8::a]:443", "%41b", "a%2f", "!$&'()*+,;=",
    ])
    func `a host with or without a port is valid`(_ text: String) {
        #expect(Self.isValid(text))
    }

    @Test(arguments: [
        "", ":", ":80", "a b", "a/b", "a?b", "a@b", "a:b@c", "http://a", "a:80:80", "a:8x", "a:+1", "a:65536",
        "a:99999999999999999999", "[", "[]", "[1]", "[::1", "[::1]a", "[::g]", "[::1%25eth0]", "::1", "a\"", "<a>",
        "a\\b",
        "%", "%4", "a%4g", "a%4", "é",
    ])
    func `any other authority is invalid`(_ text: String) {
        #expect(!Self.isValid(text))
    }
}
