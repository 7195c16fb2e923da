import MartletHTTP
import Testing

struct MessageFramingTests {
    private static func request(_ fields: [String], version: String = "1.1") -> String {
        "POST / HTTP/\(version)\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    private static func refusal(_ why: String, _ fields: String..., status: Int = 400) -> Refusal {
        Refusal(why, request(["Host: a"] + fields), status)
    }

    static let hosts = [
        Refusal("no Host", request([])),
        Refusal("a Host by another name", request(["Hosts: a"])),
        Refusal("an empty Host", request(["Host:"])),
        Refusal("a Host with a space", request(["Host: a b"])),
        Refusal("a Host with a path", request(["Host: a/b"])),
        Refusal("a Host with user information", request(["Host: a@b"])),
        Refusal("a Host with a bad port", request(["Host: a:x"])),
        Refusal("two Hosts", request(["Host: a", "X: y", "host: b"])),
        Refusal("two equal Hosts", request(["Host: a", "Host: a"])),
        Refusal("two Hosts in HTTP/1.0", request(["Host: a", "Host: a"], version: "1.0")),
        Refusal("an empty Host in HTTP/1.0", request(["Host: "], version: "1.0")),
        Refusal("a whole URI and no Host", "GET http://a/ HTTP/1.1\r\n\r\n"),
    ]

    static let lengths = [
        refusal("two lengths in one field", "Content-Length: 5, 5"),
        refusal("two lengths that differ", "Content-Length: 5", "Content-Length: 6"),
        refusal("two lengths that agree", "Content-Length: 5", "Content-Length: 5"),
        refusal("an empty length", "Content-Length:"),
        refusal("a length with a plus", "Content-Length: +5"),
        refusal("a length with a minus", "Content-Length: -5"),
        refusal("a length with a space inside", "Content-Length: 5 5"),
        refusal("a hexadecimal length", "Content-Length: 0x5"),
        refusal("a length in letters", "Content-Length: five"),
        refusal("a length with a fraction", "Content-Length: 5.0"),
        refusal("a length with an underscore", "Content-Length: 1_0"),
        refusal("an octal-looking length", "Content-Length: 010"),
        refusal("a length of two zeros", "Content-Length: 00"),
        refusal("a length just past Int", "Content-Length: 9223372036854775808"),
        refusal("a length past 64 bits", "Content-Length: 18446744073709551621"),
        refusal("a length of forty digits", "Content-Length: \(String(repeating: "9", count: 40))"),
        refusal("a length in full-width digits", "Content-Length: ５"),
    ]

    static let encodings = [
        refusal("a length and chunked", "Content-Length: 5", "Transfer-Encoding: chunked"),
        refusal("chunked and a length", "Transfer-Encoding: chunked", "Content-Length: 0"),
        refusal("an encoding other than chunked", "Transfer-Encoding: gzip", status: 501),
        refusal("identity", "Transfer-Encoding: identity", status: 501),
        refusal("gzip, then chunked", "Transfer-Encoding: gzip, chunked", status: 501),
        refusal("chunked, then gzip", "Transfer-Encoding: chunked, gzip"),
        refusal("chunked twice", "Transfer-Encoding: chunked, chunked"),
        refusal("chunked in two fields", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        refusal("chunked and identity in two fields", "Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        refusal(
            "identity in two fields, behind chunked", "Transfer-Encoding: identity", "Transfer-Encoding: chunked",
            status: 501),
        refusal("an unknown encoding with a parameter", "Transfer-Encoding: zz;q=1", status: 501),
        refusal("an empty encoding", "Transfer-Encoding:"),
        refusal("a list with empty members", "Transfer-Encoding: ,chunked"),
        refusal("chunked with a parameter", "Transfer-Encoding: chunked;q=1"),
        refusal("chunked in quotes", "Transfer-Encoding: \"chunked\""),
        refusal("chunked with an x", "Transfer-Encoding: xchunked", status: 501),
        refusal("chunked with a NEL", "Transfer-Encoding: \u{85}chunked"),
        Refusal("chunked in HTTP/1.0", request(["Transfer-Encoding: chunked"], version: "1.0")),
        Refusal(
            "chunked and a length in HTTP/1.0",
            request(["Transfer-Encoding: chunked", "Content-Length: 1"], version: "1.0")),
    ]

    static let expectations = [
        refusal("an unknown expectation", "Expect: 200-maybe", status: 417),
        refusal("a known and an unknown expectation", "Expect: 100-continue, x=y", status: 417),
        refusal("a known expectation with a parameter", "Expect: 100-continue;a", status: 417),
    ]

    @Test(arguments: hosts + lengths + encodings + expectations)
    func `a head that is contradictory or unclear is refused at its last byte`(_ refusal: Refusal) {
        refusal.check()
    }

    @Test(arguments: [
        (["Content-Length: 0"], "length(0)"), (["content-LENGTH:\t7 "], "length(7)"),
        (["Transfer-Encoding: chunked"], "chunked"), (["transfer-encoding: ChUnKeD"], "chunked"), ([], "none"),
    ])
    func `the framing of a body`(fields: [String], framing: String) {
        let fed = Fed([Array(Self.request(["Host: a"] + fields).utf8)])
        #expect(fed.error == nil)
        #expect(fed.requests.first?.hasPrefix("POST / 1.1 \(framing) ") == true)
    }

    @Test(arguments: [
        ("1.1", [], true), ("1.1", ["Connection: close"], false), ("1.1", ["connection: Keep-Alive"], true),
        ("1.1", ["Connection: x, ,\tCLOSE ,y"], false), ("1.1", ["Connection: x", "Connection: close"], false),
        ("1.1", ["Connection: closed"], true), ("1.1", ["Connection:"], true), ("1.1", ["Connections: close"], true),
        ("1.0", [], false), ("1.0", ["Connection: keep-alive"], true), ("1.0", ["Connection: close"], false),
        ("1.0", ["Connection: keep-alive, close"], false),
        ("1.0", ["Connection: close", "Connection: keep-alive"], false),
    ])
    func `a connection persists by its version and its Connection field`(version: String, fields: [String], keeps: Bool)
    {
        let fed = Fed.everyWay(Self.request(["Host: a"] + fields, version: version))
        #expect(fed.requests.count == 1)
        #expect(fed.requests.first?.contains("] keeps") == keeps)
    }

    @Test(arguments: [
        ("1.1", ["Expect: 100-continue", "Content-Length: 1"], true),
        ("1.1", ["expect: 100-Continue", "Transfer-Encoding: chunked"], true),
        ("1.1", ["Expect: 100-continue"], false), ("1.1", ["Expect: 100-continue", "Content-Length: 0"], false),
        ("1.1", ["Expect:", "Content-Length: 1"], false),
        ("1.0", ["Expect: 100-continue", "Content-Length: 1"], false),
    ])
    func `100-continue counts only in HTTP/1.1 with a body`(version: String, fields: [String], waits: Bool) {
        let fed = Fed.everyWay(Self.request(["Host: a"] + fields, version: version))
        #expect(fed.error == nil)
        #expect(fed.requests.first?.hasSuffix("waits ") == waits)
    }

    @Test func `HTTP 1 0 needs no Host`() {
        #expect(Fed.everyWay("GET / HTTP/1.0\r\n\r\n").error == nil)
    }
}
