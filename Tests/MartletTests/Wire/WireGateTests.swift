import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Gates decide about requests from their heads.
@Suite(.serialized)
struct WireGateTests {
    /// Lets requests with a key through; its owner is the principal.
    private static func checkKey(_ request: GateRequest) -> GateDecision {
        switch request.head.fields["Authorization"] {
        case _ where request.route == "/health": .pass
        case "Bearer k1": .principal("ada")
        case "Bearer k2": .refuse(.rateLimitExceeded("Slow down."), retryAfter: 7)
        case "Bearer k3": .respond(HTTPResponse(.noContent, fields: ["X-Gate": "3"]))
        default: .refuse(OpenAIError(status: 401, message: "Send a key.", code: "invalid_api_key"))
        }
    }

    @Test func `a gate refuses before the body is read, and sets the principal`() async throws {
        let principals = Mutex<[Principal?]>([])
        let backend = ChatProbe { request, _ in principals.withLock { $0.append(request.context.principal) } }
        try await withClient(of: backend) {
            $0.gate(Self.checkKey)
        } while: { (client, _) async throws in
            // The body never comes.
            try await client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n")
            let refused = try await client.receiveResponse()
            try expect(refused, is: 401, code: "invalid_api_key")
            #expect(refused[field: "WWW-Authenticate"] == "Bearer")
        }
        try await withClient(of: backend) {
            $0.gate(Self.checkKey)
        } while: { (client, _) async throws in
            let answered = try await client.ask(
                .post, "/v1/chat/completions", fields: ["Authorization": "Bearer k1"], body: RequestText.chat())
            #expect(answered.code == 200)
            #expect(principals.withLock { $0 } == ["ada"])
            let limited = try await client.ask(.get, "/v1/models", fields: ["Authorization": "Bearer k2"])
            try expect(limited, is: 429, "rate_limit_error", code: "rate_limit_exceeded")
            #expect(limited[field: "Retry-After"] == "7")
            let gate = try await client.ask(.get, "/v1/models", fields: ["Authorization": "Bearer k3"])
            #expect(gate.code == 204)
            #expect(gate[field: "X-Gate"] == "3")
            #expect(try await client.ask(.get, "/health").code == 200)
        }
    }

    @Test func `a refusal has the envelope of the API that the client speaks`() async throws {
        try await withClient(of: ScriptedBackend()) {
            $0.gate(Self.checkKey)
        } while: { (client, _) async throws in
            #expect(try await client.ask(.get, "/api/tags").text == #"{"error":"Send a key."}"#)
            let messages = try await client.ask(.post, "/v1/messages", body: "{}")
            #expect(messages.code == 401)
            #expect(messages.text.hasPrefix(#"{"type":"error""#))
        }
    }

    @Test func `a path and a method that do not exist are refused before a gate, and everything else after`()
        async throws
    {
        let routes = Mutex<[String]>([])
        let record = { @Sendable (request: GateRequest) -> GateDecision in
            routes.withLock { $0.append(request.route ?? "none") }
            return .pass
        }
        try await withClient(
            of: BareBackend()
        ) { server in
            server.gate(record)
            try server.route(.get, "/items/{id}") { _, writer in writer.send(HTTPResponse(text: "item")) }
        } while: { (client, _) async throws in
            #expect(try await client.ask(.get, "/nothing").code == 404)
            #expect(try await client.ask(.put, "/v1/models").code == 405)
            #expect(try await client.ask(.put, "/items/1").code == 405)
            #expect(routes.withLock { $0 }.isEmpty)
            for path in ["/models/x", "/v1/models/x", "/items/1", "/v1/files"] { _ = try await client.ask(.get, path) }
            #expect(try await client.ask(.post, "/chat/completions", body: "{}").code == 501)
            #expect(
                routes.withLock { $0 } == [
                    "/v1/models/{id}", "/v1/models/{id}", "/items/{id}", "none", "/v1/chat/completions",
                ])
        }
    }

    @Test func `a gate knows the client's address`() async throws {
        try await withClient(of: BareBackend()) { server in
            server.gate { $0.clientAddress == "127.0.0.1" ? .refuse(.permissionDenied("Not from here.")) : .pass }
        } while: { (client, _) async throws in
            #expect(try await client.ask(.get, "/health").code == 403)
        }
    }

    @Test func `gates run in order, and the first refusal ends the request`() async throws {
        let seen = Mutex<[Principal?]>([])
        try await withClient(
            of: ScriptedBackend()
        ) { server in
            server.gate { _ in .principal("first") }
            server.gate { request in
                seen.withLock { $0.append(request.principal) }
                return request.head.path == "/health" ? .refuse(.notFound("Closed.")) : .principal("second")
            }
            server.gate { request in
                seen.withLock { $0.append(request.principal) }
                return .pass
            }
        } while: { (client, _) async throws in
            #expect(try await client.ask(.get, "/health").code == 404)
            #expect(try await client.ask(.get, "/version").code == 200)
            #expect(seen.withLock { $0 } == ["first", "first", "second"])
        }
    }
}
