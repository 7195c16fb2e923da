import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Requests that a browser sends on behalf of a web page.
@Suite(.serialized)
struct WireOriginTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let fields: HTTPFields
        var method = HTTPMethod.post
        var path = "/v1/chat/completions"
        /// 200 for a request that reaches its endpoint.
        let status: Int

        init(
            _ name: String, _ fields: HTTPFields, _ method: HTTPMethod = .post,
            _ path: String = "/v1/chat/completions", is status: Int
        ) {
            (self.name, self.fields, self.method, self.path, self.status) = (name, fields, method, path, status)
        }

        var testDescription: String { name }
    }

    private static let evil = "https://evil.test"

    static let rows = [
        Row("a program that is not a browser", [:], is: 200),
        Row("a program that sends text", ["Content-Type": "text/plain"], is: 200),
        Row("a foreign page's text", ["Origin": evil, "Content-Type": "text/plain"], is: 403),
        Row("a foreign page's JSON", ["Origin": evil, "Content-Type": "application/json"], is: 403),
        Row("an origin that is empty", ["Origin": "", "Content-Type": "application/json"], is: 403),
        Row("a sandboxed page", ["Origin": "null", "Content-Type": "application/json"], is: 403),
        Row(
            "a foreign page of a newer browser",
            ["Origin": evil, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"], is: 403),
        Row("a page on another port", ["Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"], is: 403),
        Row("an extension", ["Origin": "chrome-extension://abc", "Sec-Fetch-Site": "none"], is: 403),
        Row("a cross-site request without an origin", ["Sec-Fetch-Site": "cross-site"], .get, "/v1/models", is: 403),
        Row("a cross-site HEAD", ["Sec-Fetch-Site": "cross-site"], .head, "/v1/models", is: 403),
        Row("a foreign page's GET", ["Origin": evil], .get, "/v1/models", is: 403),
        Row("a foreign page at the operators' paths", ["Origin": evil], .get, "/load", is: 403),
        Row("a foreign page at no path", ["Origin": evil], .get, "/nowhere", is: 403),
        Row("a foreign page's wrong method", ["Origin": evil], .delete, "/v1/models", is: 403),
        Row("a foreign page at an absent path", ["Origin": evil], .post, "/v1/responses", is: 403),
        Row("a foreign page's OPTIONS that is not a preflight", ["Origin": evil], .options, "/v1/models", is: 403),
        Row("a foreign page at an own route", ["Origin": evil], .post, "/own", is: 403),
        Row(
            "a link that the user followed",
            ["Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"], .get, "/",
            is: 200),
        Row(
            "a form of a foreign page",
            ["Origin": evil, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"], is: 403),
        Row("an address that the user typed", ["Sec-Fetch-Site": "none"], .get, "/health", is: 200),
        Row("a picture on a page of the same site", ["Sec-Fetch-Site": "same-site"], .get, "/health", is: 200),
        Row("the server's own page", ["Origin": "http://localhost", "Content-Type": "application/json"], is: 200),
        Row(
            "the server's own page with parameters",
            ["Origin": "http://localhost", "Content-Type": "application/JSON; charset=utf-8"], is: 200),
        Row(
            "the server's own page and a JSON type of its own",
            ["Origin": "http://localhost", "Content-Type": "application/vnd.chat+json"], is: 200),
        Row(
            "the server's own page behind a proxy with TLS",
            ["Origin": "https://chat.test", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"],
            is: 200),
        Row("the server's own page over another scheme", ["Origin": "https://localhost"], is: 403),
        Row("the server's own page and text", ["Origin": "http://localhost", "Content-Type": "text/plain"], is: 415),
        Row("the server's own page and no type", ["Origin": "http://localhost"], is: 415),
        Row(
            "the server's own page and a type that only begins like JSON",
            ["Origin": "http://localhost", "Content-Type": "application/jsonp"], is: 415),
        Row("a form of the server's own page at an own route", ["Origin": "http://localhost"], .post, "/own", is: 200),
        Row("an allowed page", ["Origin": "https://page.test", "Content-Type": "application/json"], is: 200),
        Row("an allowed page's text", ["Origin": "https://page.test", "Content-Type": "text/plain"], is: 415),
        Row("an allowed page's text at an own route", ["Origin": "https://page.test"], .post, "/own", is: 415),
        Row("an allowed page's GET", ["Origin": "https://page.test"], .get, "/v1/models", is: 200),
        Row("an allowed page on another port", ["Origin": "https://page.test:444"], .get, "/v1/models", is: 403),
        Row("a desktop app", ["Origin": "app://obsidian.md"], .get, "/v1/models", is: 200),
    ]

    @Test(arguments: rows)
    func `requests of foreign pages are refused before any work, and others are not`(row: Row) async throws {
        let backend = ScriptedBackend([.text("a")])
        let allowed = ["https://page.test", "app://*"]
        try await withClient(
            of: backend, .with(\.allowedOrigins, allowed)
        ) { server in
            try server.route(.post, "/own") { _, writer in writer.send(HTTPResponse(text: "mine")) }
        } while: { client, server in
            let isChat = row.path == "/v1/chat/completions"
            let body = row.method != .post ? "" : isChat ? RequestText.chat() : "a=b"
            let response = try await client.ask(row.method, row.path, fields: row.fields, body: body)
            #expect(response.code == row.status)
            if row.status == 403, row.method != .head {
                let message = try expect(response, is: 403, code: "origin_not_allowed")
                #expect(message.contains("--cors-origin"))
            }
            if row.status == 415 {
                #expect(try expect(response, is: 415).contains("application/json"))
            }
            #expect(backend.started == (isChat && row.status == 200 ? 1 : 0))
            #expect(try await client.ask(.get, "/health").code == 200, "the connection goes on")
        }
    }

    @Test func `a refusal has the envelope of its path's API`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            let foreign: HTTPFields = ["Origin": Self.evil]
            let refused = try await client.ask(.post, "/api/chat", fields: foreign, body: "{}").json()
            #expect(refused["error"]?.string?.contains("--cors-origin \(Self.evil)") == true)
            let own: HTTPFields = ["Origin": "http://localhost", "Content-Type": "text/plain"]
            let untyped = try await client.ask(.post, "/api/chat", fields: own, body: "{}")
            #expect(untyped.code == 415)
            #expect(try untyped.json()["error"]?.string?.contains("application/json") == true)
        }
    }

    @Test func `a foreign page is refused before its large body is read`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            try await client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nOrigin: \(Self.evil)\r\n"
                    + "Content-Length: 1000000\r\n\r\n")
            #expect(try await client.receiveResponse().code == 403)
        }
    }

    @Test func `a preflight of a foreign page gets no permission`() async throws {
        try await withClient(
            of: ScriptedBackend(), .with(\.allowedOrigins, ["https://page.test"])
        ) { server in
            try server.route(.post, "/own") { _, writer in writer.send(HTTPResponse(text: "mine")) }
            try server.route(.options, "/handled") { _, writer in writer.send(HTTPResponse(text: "mine")) }
        } while: { client, server in
            let fields: HTTPFields = [
                "Origin": Self.evil, "Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "cross-site",
                "Sec-Fetch-Mode": "cors",
            ]
            for path in ["/v1/chat/completions", "/own", "/handled"] {
                let response = try await client.ask(.options, path, fields: fields)
                #expect(response.code == 204)
                #expect(!response.head.fields.contains { $0.name.lowercased().hasPrefix("access-control-") })
            }
        }
    }

    @Test func `an allowed page can read the error of an unknown path`() async throws {
        try await withClient(of: ScriptedBackend(), .with(\.allowedOrigins, ["https://page.test"])) { client, _ in
            for (path, status) in [("/v1/batches", 501), ("/v1/nowhere", 404)] {
                let asks: HTTPFields = ["Origin": "https://page.test", "Access-Control-Request-Method": "PATCH"]
                let preflight = try await client.ask(.options, path, fields: asks)
                #expect(preflight.code == 204)
                #expect(preflight[field: "Access-Control-Allow-Methods"] == "PATCH")
                #expect(preflight[field: "Access-Control-Allow-Origin"] == "https://page.test")
                let response = try await client.ask(.patch, path, fields: ["Origin": "https://page.test"])
                #expect(response.code == status)
                #expect(response[field: "Access-Control-Allow-Origin"] == "https://page.test")
            }
        }
    }

    @Test func `every origin may be allowed, including null`() async throws {
        try await withClient(of: ScriptedBackend(), .with(\.allowedOrigins, ["*"])) { client, _ in
            for origin in [Self.evil, "null", "http://localhost:3000", "moz-extension://1"] {
                let fields: HTTPFields = ["Origin": origin, "Sec-Fetch-Site": "cross-site"]
                let response = try await client.ask(.get, "/v1/models", fields: fields)
                #expect(response.code == 200)
                #expect(response[field: "Access-Control-Allow-Origin"] == origin)
            }
            #expect(try await client.ask(.get, "/v1/models", fields: ["Sec-Fetch-Site": "cross-site"]).code == 200)
        }
    }

    @Test func `an origin pattern that cannot match is an error at start`() async throws {
        await #expect {
            try await withServer(BareBackend(), configuration: .with(\.allowedOrigins, ["localhost:3000"])) { _ in }
        } throws: { error in
            "\(error)".contains("http://localhost:3000") && "\(error)".contains("--cors-origin")
        }
    }
}
