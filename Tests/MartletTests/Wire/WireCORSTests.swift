import Martlet
import MartletHTTP
import MartletTesting
import Testing

struct WireCORSTests {
    private let page = "https://page.test"

    @Test func `there are no CORS fields unless origins are allowed`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { client, _ in
            let response = try await client.ask(.get, "/health", fields: ["Origin": page])
            #expect(response.code == 403)
            #expect(response[field: "Access-Control-Allow-Origin"] == nil)
            #expect(response[field: "Vary"] == nil)
            let preflight: HTTPFields = ["Origin": page, "Access-Control-Request-Method": "POST"]
            let options = try await client.ask(.options, "/v1/chat/completions", fields: preflight)
            #expect(options.code == 204)
            #expect(options[field: "Access-Control-Allow-Methods"] == nil)
        }
    }

    @Test(arguments: ["https://page.test", "*"])
    func `a preflight allows the requested method and fields`(allowed: String) async throws {
        try await withClient(of: ScriptedBackend(), .with(\.allowedOrigins, [allowed])) { client, _ in
            let fields: HTTPFields = [
                "Origin": page, "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,x-stainless-lang",
            ]
            for path in ["/v1/chat/completions", "/chat/completions", "/v1/models", "/health"] {
                let response = try await client.ask(.options, path, fields: fields)
                #expect(response.code == 204)
                #expect(response[field: "Access-Control-Allow-Origin"] == page)
                #expect(response[field: "Access-Control-Allow-Headers"] == "authorization,x-stainless-lang")
                #expect(response[field: "Access-Control-Allow-Methods"]?.contains("OPTIONS") == true)
                #expect(response[field: "Access-Control-Max-Age"] == "600")
                #expect(response[field: "Vary"] == "Origin")
            }
        }
    }

    @Test func `every response to an allowed origin is readable, including errors and streams`() async throws {
        var configuration = ServerConfiguration(port: 0)
        configuration.allowedOrigins = [page]
        configuration.limits.maximumBodyBytes = 1000
        try await withClient(
            of: ScriptedBackend([.text("a")]), configuration
        ) { server in
            try server.route(.get, "/own") { _, writer in writer.send(HTTPResponse(text: "mine")) }
        } while: { client, server in
            let origin: HTTPFields = ["Origin": page, "Content-Type": "application/json"]
            func expectReadable(_ response: HTTPResponse, _ status: Int) {
                #expect(response.code == status)
                #expect(response[field: "Access-Control-Allow-Origin"] == page)
                let exposed = response[field: "Access-Control-Expose-Headers"] ?? ""
                for name in ["x-request-id", "request-id", "retry-after-ms", "x-ratelimit-reset-tokens"] {
                    #expect(exposed.split(separator: ", ").contains { $0 == name })
                }
            }
            expectReadable(try await client.ask(.get, "/health", fields: origin), 200)
            expectReadable(try await client.ask(.get, "/own", fields: origin), 200)
            expectReadable(try await client.ask(.get, "/nowhere", fields: origin), 404)
            expectReadable(try await client.ask(.delete, "/v1/models", fields: origin), 405)
            expectReadable(try await client.ask(.post, "/v1/chat/completions", fields: origin, body: "{"), 400)
            let stream = RequestText.chat("\"stream\":true")
            expectReadable(try await client.ask(.post, "/v1/chat/completions", fields: origin, body: stream), 200)
            let long = String(repeating: "x", count: 2000)
            expectReadable(try await client.ask(.post, "/v1/chat/completions", fields: origin, body: long), 413)
        }
    }

    @Test func `an origin that is not allowed is refused, and cannot read the error`() async throws {
        try await withClient(of: ScriptedBackend(), .with(\.allowedOrigins, ["https://other.test"])) { client, _ in
            let response = try await client.ask(.get, "/health", fields: ["Origin": page])
            #expect(response.code == 403)
            #expect(response[field: "Access-Control-Allow-Origin"] == nil)
            #expect(response[field: "Vary"] == "Origin")
        }
    }
}
