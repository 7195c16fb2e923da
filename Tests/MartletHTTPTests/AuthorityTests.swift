import Testing

@testable import MartletHTTP

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
    func `anything else is not`(_ text: String) {
        #expect(!Self.isValid(text))
    }
}
