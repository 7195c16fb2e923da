import Testing

@testable import Martlet

struct HostCheckTests {
    private func allows(
        _ authority: String?, host: String = "127.0.0.1", allowed: [String] = []
    ) -> Bool {
        var configuration = ServerConfiguration(host: host)
        configuration.allowedHosts = allowed
        return HostCheck(configuration, at: configuration.listen)?.allows(authority) ?? true
    }

    @Test(arguments: [
        "localhost", "localhost:8080", "LOCALHOST", "localhost.", "127.0.0.1", "127.0.0.1:1", "10.1.2.3", "[::1]:80",
        "[fe80::1]",
    ])
    func `host names that a web page cannot rebind pass`(authority: String) { #expect(allows(authority)) }

    @Test(arguments: [
        "example.org", "example.org:8080", "localhost.example.org", "127.0.0.1.example.org", "1.2.3", "256.1.1.1", "x",
    ])
    func `any other host name is foreign`(authority: String) { #expect(!allows(authority)) }

    @Test func `allowed names pass in any case`() {
        #expect(allows("Martlet.test:99", allowed: ["martlet.test"]))
        #expect(!allows("other.test", allowed: ["martlet.test"]))
        #expect(allows("other.test", allowed: ["*"]))
    }

    @Test func `an HTTP 1.0 request needs no host`() { #expect(allows(nil)) }

    @Test func `only a server on a loopback address checks the host`() {
        #expect(allows("example.org", host: "0.0.0.0"))
        #expect(allows("example.org", host: "::"))
        #expect(!allows("example.org", host: "localhost"))
        #expect(!allows("example.org", host: "::1"))
    }
}
