import Testing

@testable import Martlet

struct HostCheckTests {
    private func allows(
        _ authority: String?, host: String = "127.0.0.1", allowed: [String] = []
    ) -> Bool {
        var configuration = ServerConfiguration(host: host)
        configuration.allowedHosts = allowed
        return HostCheck(configuration)?.allows(authority) ?? true
    }

    @Test(arguments: [
        "localhost", "localhost:8080", "LOCALHOST", "localhost.", "127.0.0.1", "127.0.0.1:1", "10.1.2.3", "[::1]:80",
        "[fe80::1]",
    ])
    func `what no web page can have pointed here passes`(authority: String) { #expect(allows(authority)) }

    @Test(arguments: [
        "example.org", "example.org:8080", "localhost.example.org", "127.0.0.1.example.org", "1.2.3", "256.1.1.1", "x",
    ])
    func `any other name is foreign`(authority: String) { #expect(!allows(authority)) }

    @Test func `names that are allowed pass, whatever their case`() {
        #expect(allows("Martlet.test:99", allowed: ["martlet.test"]))
        #expect(!allows("other.test", allowed: ["martlet.test"]))
        #expect(allows("other.test", allowed: ["*"]))
    }

    @Test func `a request of HTTP 1.0 may come without a host`() { #expect(allows(nil)) }

    @Test func `only a server of this machine alone looks`() {
        #expect(allows("example.org", host: "0.0.0.0"))
        #expect(allows("example.org", host: "::"))
        #expect(!allows("example.org", host: "localhost"))
        #expect(!allows("example.org", host: "::1"))
    }
}
