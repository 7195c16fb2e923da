import Martlet
import MartletTesting
import Testing

struct WireHostTests {
    /// The status of a request for `path` with the host name `host`.
    private func status(_ host: String, _ path: String, _ method: String = "GET", in client: RawClient) async throws
        -> Int
    {
        try await client.send("\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        return try await client.receiveResponse().code
    }

    @Test func `a foreign host name is refused with a hint, for every path and method`() async throws {
        try await withClient(
            of: ScriptedBackend([.text("a")])
        ) { server in
            try server.route(.get, "/own") { _, writer in writer.send(HTTPResponse(text: "mine")) }
        } while: { client, server in
            try await client.send("GET /v1/models HTTP/1.1\r\nHost: evil.test\r\n\r\n")
            let message = try expect(
                try await client.receiveResponse(), is: 403, code: "host_not_allowed")
            #expect(message.contains("--allowed-host"))
            for path in ["/", "/health", "/own", "/v1/models/x"] {
                #expect(try await status("evil.test", path, in: client) == 403)
                #expect(try await status("localhost:\(server.port)", path, in: client) != 403)
            }
            for (path, method, served) in [
                ("/nowhere", "GET", 404), ("/health", "DELETE", 405), ("/v1/batches", "POST", 501),
                ("/v1/models", "OPTIONS", 204), ("/own", "OPTIONS", 204), ("/own", "PUT", 405), ("*", "OPTIONS", 204),
                ("/nowhere", "OPTIONS", 404), ("/api/pull", "POST", 501),
            ] {
                #expect(try await status("evil.test", path, method, in: client) == 403)
                #expect(try await status("localhost", path, method, in: client) == served)
            }
        }
    }

    @Test func `an allowed host name is served`() async throws {
        try await withClient(of: ScriptedBackend(), .with(\.allowedHosts, ["martlet.test"])) { client, _ in
            let statuses = [
                try await status("martlet.test", "/health", in: client),
                try await status("evil.test", "/health", in: client),
            ]
            #expect(statuses == [200, 403])
        }
    }
}
