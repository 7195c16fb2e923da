import MartletHTTP
import Testing

struct RequestLineTests {
    static let refusals = [
        Refusal("space before the method", " "),
        Refusal("a second empty line", "\r\n\r"),
        Refusal("a bare LF before the method", "\n"),
        Refusal("a bare CR before the method", "\rG"),
        Refusal("a TLS handshake", "\u{16}"),
        Refusal("a control byte in the method", "GE\u{0}"),
        Refusal("a parenthesis in the method", "G("),
        Refusal("a byte above ASCII in the method", bytes: [0x47, 0xC3]),
        Refusal("a tab after the method", "GET\t"),
        Refusal("a method alone", "GET\r"),
        Refusal("a bare LF after the method", "GET\n"),
        Refusal("two spaces after the method", "GET  "),
        Refusal("an empty target", "GET \r"),
        Refusal("a tab in the target", "GET /a\t"),
        Refusal("a control byte in the target", "GET /\u{1}"),
        Refusal("a NUL in the target", "GET /\u{0}"),
        Refusal("a DEL in the target", "GET /\u{7F}"),
        Refusal("a byte above ASCII in the target", bytes: Array("GET /".utf8) + [0xE9]),
        Refusal("a fragment in the target", "GET /a#"),
        Refusal("a missing version", "GET /\r"),
        Refusal("a missing version and a bare LF", "GET /\n"),
        Refusal("a space and no version", "GET / \r"),
        Refusal("a space in the target", "GET /a b"),
        Refusal("two spaces before the version", "GET /  "),
        Refusal("a version in lower case", "GET / h"),
        Refusal("a version in mixed case", "GET / HTt"),
        Refusal("another protocol", "GET / HTTPS"),
        Refusal("a version without a minor number", "GET / HTTP/1\r"),
        Refusal("a version with a comma", "GET / HTTP/1,"),
        Refusal("a version with a letter", "GET / HTTP/a"),
        Refusal("a minor version with a letter", "GET / HTTP/1.x"),
        Refusal("a version of two digits", "GET / HTTP/1.11"),
        Refusal("a major version of two digits", "GET / HTTP/11"),
        Refusal("a space after the version", "GET / HTTP/1.1 "),
        Refusal("a bare LF after the version", "GET / HTTP/1.1\n"),
        Refusal("a bare CR after the version", "GET / HTTP/1.1\rH"),
        Refusal("two CR after the version", "GET / HTTP/1.1\r\r"),
        Refusal("HTTP/2.0", "GET / HTTP/2.0", 505),
        Refusal("the HTTP/2 preface", "PRI * HTTP/2.0", 505),
        Refusal("HTTP/0.9 spelt out", "GET / HTTP/0.9", 505),
        Refusal("HTTP/3.1", "GET / HTTP/3.1", 505),
        Refusal("HTTP/1.2", "GET / HTTP/1.2", 505),
    ]

    @Test(arguments: refusals)
    func `a malformed request line is refused at the byte that breaks it`(_ refusal: Refusal) {
        refusal.check()
    }

    @Test func `both versions and any method are accepted`() {
        #expect(Fed.everyWay("GET / HTTP/1.1\r\nHost: a\r\n\r\n").requests == ["GET / 1.1 none [Host=a] keeps ."])
        #expect(Fed.everyWay("POST / HTTP/1.0\r\n\r\n").requests == ["POST / 1.0 none [] closes ."])
        #expect(
            Fed.everyWay("m!#$%&'*+-.^_`|~9 /x HTTP/1.0\r\n\r\n").requests
                == ["m!#$%&'*+-.^_`|~9 /x 1.0 none [] closes ."])
    }

    @Test func `one empty line before a request is skipped`() {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let fed = Fed.everyWay("\r\n" + request + "\r\n" + request)
        #expect(fed.error == nil)
        #expect(fed.requests == Array(repeating: "GET / 1.1 none [Host=a] keeps .", count: 2))
    }

    @Test func `a TLS handshake is refused with advice to use plain HTTP`() {
        #expect(Fed([[0x16, 0x03, 0x01]]).error?.message.contains("http://") == true)
    }
}
