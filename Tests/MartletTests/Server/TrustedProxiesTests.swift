import MartletHTTP
import Testing

@testable import Martlet

/// The proxies 10.0.0.0/8 and fd00::1 are trusted.
struct TrustedProxiesTests {
    private func client(_ fields: [(String, String)], from peer: String? = "10.0.0.1") throws -> String? {
        let proxies = try #require(try TrustedProxies(["10.0.0.0/8", "fd00::1"]))
        var parser = RequestParser()
        var offset = 0
        let lines = fields.map { "\($0): \($1)\r\n" }.joined()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8)
        guard case .head(let head)? = try parser.next(bytes.span, &offset) else { throw CancellationError() }
        return proxies.clientAddress(of: head, from: peer)
    }

    @Test(arguments: [
        ("203.0.113.7", "203.0.113.7"), ("198.51.100.9, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.2,10.0.0.3", "203.0.113.7"), ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ("203.0.113.7:4711", "203.0.113.7"), ("2001:db8::7", "2001:db8::7"), ("[2001:db8::7]:80", "2001:db8::7"),
        ("unknown", "10.0.0.1"), ("203.0.113.7, nonsense, 10.0.0.2", "10.0.0.2"), ("", "10.0.0.1"), (", ,", "10.0.0.1"),
    ])
    func `X-Forwarded-For counts from its end as far as proxies are trusted`(value: String, address: String) throws {
        #expect(try client([("X-Forwarded-For", value)]) == address)
    }

    @Test(arguments: [
        ("for=203.0.113.7", "203.0.113.7"), ("For=\"[2001:db8::7]:4711\";proto=https;by=10.0.0.1", "2001:db8::7"),
        ("for=198.51.100.9, for=203.0.113.7;host=\"a,b;for=1.1.1.1\"", "203.0.113.7"),
        ("for=203.0.113.7, for=10.0.0.2", "203.0.113.7"), ("for=_hidden, for=10.0.0.2", "10.0.0.2"),
        ("for=unknown", "10.0.0.1"), ("proto=https", "10.0.0.1"), ("for=\"203.0.113.7", "10.0.0.1"),
    ])
    func `Forwarded counts in the same way`(value: String, address: String) throws {
        #expect(try client([("Forwarded", value)]) == address)
    }

    @Test(arguments: [
        "for=192.0.2.99;x=\", for=203.0.113.7", "for=192.0.2.99;x=\", for=\"[2001:db8::7]:80\"",
        "for=192.0.2.99;x=\"a\\\", for=203.0.113.7", "for=192.0.2.99;x=y\"z, for=203.0.113.7\"",
    ])
    func `a quote of the client does not hide what a proxy appends`(value: String) throws {
        #expect(try client([("Forwarded", value)]) == "10.0.0.1")
    }

    @Test func `of both fields neither counts if they differ, since a client can send one of them`() throws {
        let (real, other) = ("203.0.113.7", "192.0.2.99")
        #expect(try client([("X-Forwarded-For", real), ("Forwarded", "for=\(other)")]) == "10.0.0.1")
        #expect(try client([("X-Forwarded-For", other), ("Forwarded", "for=\(real)")]) == "10.0.0.1")
        #expect(try client([("X-Forwarded-For", "\(other), \(real)"), ("Forwarded", "for=\(real)")]) == real)
    }

    @Test func `several field lines are one list`() throws {
        #expect(try client([("X-Forwarded-For", "203.0.113.7"), ("x-forwarded-for", "10.0.0.2")]) == "203.0.113.7")
    }

    @Test(arguments: ["203.0.113.1", "not an address"])
    func `fields of a client that is not a trusted proxy do not count`(peer: String) throws {
        #expect(try client([("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")], from: peer) == peer)
        #expect(try client([("X-Forwarded-For", "192.0.2.1")], from: nil) == nil)
    }

    @Test func `a malformed range is an error that names it, and none means no proxies`() throws {
        #expect(try TrustedProxies([]) == nil)
        let error = #expect(throws: ServerError.self) { try TrustedProxies(["10.0.0.0/99"]) }
        #expect(error?.description.contains("'10.0.0.0/99'") == true)
    }
}
