import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Requests to a server with API keys.
@Suite(.serialized)
struct WireKeysTests {
    /// Principals whose names are their keys.
    private static func file() throws -> KeysFixture {
        try KeysFixture(
            ("full", "permissions=infer,embed,metrics,admin"), ("infers", "permissions=infer"),
            ("embeds", "permissions=embed"), ("watches", "permissions=metrics"),
            ("expired", "permissions=infer expires=2020-01-01"), ("limited", "permissions=infer models=b"))
    }

    private static func fields(_ key: String?) -> HTTPFields {
        key.map { ["Authorization": "Bearer \($0)"] } ?? [:]
    }

    @Test func `each route needs its permission, and health needs nothing`() async throws {
        let file = try Self.file()
        let keys = try StaticKeys(file: file.path)
        let requests: [(HTTPMethod, String, String, granted: Set<String>)] = [
            (.get, "/", "", ["", "full", "infers", "embeds", "watches", "expired", "wrong"]),
            (.get, "/health", "", ["", "full", "infers", "embeds", "watches", "expired", "wrong"]),
            (.get, "/health/ready", "", ["", "full", "infers", "embeds", "watches", "expired", "wrong"]),
            (.get, "/version", "", ["full", "infers", "embeds", "watches"]),
            (.get, "/load", "", ["full", "watches"]),
            (.get, "/v1/models", "", ["full", "infers", "embeds", "watches"]),
            (.get, "/v1/models/scripted", "", ["full", "infers", "embeds", "watches"]),
            (.post, "/v1/chat/completions", RequestText.chat(), ["full", "infers"]),
            (.post, "/v1/completions", RequestText.completion(), ["full", "infers"]),
            (.post, "/v1/embeddings", RequestText.embedding("\"a\""), ["full", "embeds"]),
            (.get, "/api/tags", "", ["full", "infers", "embeds", "watches"]),
            (.get, "/api/version", "", ["full", "infers", "embeds", "watches"]),
            (.post, "/api/show", #"{"model":"scripted"}"#, ["full", "infers", "embeds", "watches"]),
            (.post, "/api/generate", #"{"model":"scripted","prompt":"Hi"}"#, ["full", "infers"]),
            (.post, "/api/embed", #"{"model":"scripted","input":"Hi"}"#, ["full", "embeds"]),
            (.get, "/own", "", ["full", "infers", "embeds", "watches"]),
            (.get, "/page", "", ["", "full", "infers", "embeds", "watches", "expired", "wrong"]),
            (.get, "/operate", "", ["full"]),
        ]
        try await withClient(of: ScriptedBackend([.text("a")])) { server in
            server.authenticator = keys
            let answer: @Sendable (HTTPRequest, consuming ResponseWriter) async throws -> Void = { _, writer in
                writer.send(HTTPResponse(text: "own"))
            }
            try server.route(.get, "/own", answer)
            try server.route(.get, "/page", requires: .nothing, answer)
            try server.route(.get, "/operate", requires: .permission(.admin), answer)
        } while: { (client, _) async throws in
            for (method, path, body, granted) in requests {
                for key in ["", "full", "infers", "embeds", "watches", "expired", "wrong"] {
                    let response = try await client.ask(
                        method, path, fields: Self.fields(key.isEmpty ? nil : key), body: body)
                    let isKnown = !["", "expired", "wrong"].contains(key)
                    #expect(
                        response.code == (granted.contains(key) ? 200 : isKnown ? 403 : 401), "\(path) with '\(key)'")
                }
            }
        }
    }

    @Test func `a refusal comes before the body is read, in OpenAI's envelope`() async throws {
        let file = try Self.file()
        let keys = try StaticKeys(file: file.path)
        for (key, status, code) in [
            ("wrong", 401, "invalid_api_key"), ("expired", 401, "invalid_api_key"),
            ("embeds", 403, "permission_denied"),
        ] {
            try await withClient(of: ScriptedBackend()) {
                $0.authenticator = keys
            } while: { (client, _) async throws in
                // The body never comes.
                try await client.send(
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(key)\r\n"
                        + "Content-Length: 900000\r\n\r\n")
                let response = try await client.receiveResponse()
                let message = try expect(response, is: status, code: code)
                #expect(!message.contains("wrong"))
                #expect(response[field: "WWW-Authenticate"] == (status == 401 ? "Bearer" : nil))
                #expect(message.contains("`infer`") == (status == 403))
            }
        }
    }

    @Test func `each credential field is accepted, and different keys in one request are not`() async throws {
        try await withClient(of: ScriptedBackend()) {
            $0.authenticator = try StaticKeys(["k1", "k2"])
        } while: { (client, _) async throws in
            for fields: HTTPFields in [
                ["Authorization": "Bearer k1"], ["x-api-key": "k1"], ["api-key": "k2"],
                ["Authorization": "bearer k1", "x-api-key": "k1"],
            ] { #expect(try await client.ask(.get, "/v1/models", fields: fields).code == 200) }
            for fields: HTTPFields in [
                [:], ["Authorization": "Bearer k1", "x-api-key": "k2"], ["Authorization": "k1"],
            ] {
                try expect(
                    try await client.ask(.get, "/v1/models", fields: fields), is: 401, code: "invalid_api_key")
            }
        }
    }

    @Test func `each API has its envelope, and what does not exist is a 404 or a 405 without a key`() async throws {
        try await withClient(of: ScriptedBackend()) {
            $0.authenticator = try StaticKeys(["k1"])
        } while: { (client, _) async throws in
            let tags = try await client.ask(.get, "/api/tags")
            #expect(tags.code == 401)
            #expect(try tags.json().object?.map(\.key) == ["error"] && tags.json()["error"]?.string != nil)
            let messages = try await client.ask(.post, "/v1/messages", body: "{}")
            #expect(messages.code == 401)
            #expect(messages.text.hasPrefix(#"{"type":"error","error":{"type":"authentication_error""#))
            #expect(try await client.ask(.post, "/v1/batches", body: "{}").code == 401)
            #expect(
                try await client.ask(.post, "/v1/batches", fields: ["x-api-key": "k1"], body: "{}").code == 501)
            #expect(try await client.ask(.get, "/nothing").code == 404)
            #expect(try await client.ask(.put, "/v1/models").code == 405)
            #expect(try await client.ask(.head, "/v1/models").code == 401)
        }
    }

    @Test func `a key that is revoked by a reload is refused, and its stream ends normally`() async throws {
        let file = try Self.file()
        let keys = try StaticKeys(file: file.path)
        let gate = Gate()
        try await withClient(of: ScriptedBackend([.text("a"), .wait(for: gate), .text("b")])) {
            $0.authenticator = keys
        } while: { (client, server) async throws in
            try await client.send(
                .post, "/v1/chat/completions", fields: Self.fields("infers"), body: RequestText.chat(#""stream":true"#))
            _ = try await client.receiveHead()
            _ = try await client.receiveEvent()
            try file.write(KeysFixture.line("full"))
            await keys.reload()
            let other = try await RawClient(server)
            try expect(
                try await other.ask(.get, "/v1/models", fields: Self.fields("infers")), is: 401, code: "invalid_api_key"
            )
            #expect(try await other.ask(.get, "/v1/models", fields: Self.fields("full")).code == 200)
            await other.close()
            gate.open()
            var events: [String] = []
            while let event = try await client.receiveEvent() { events.append(event) }
            #expect(events.last?.hasPrefix("data: [DONE]") == true)
            // On the same connection, the key is no longer remembered.
            #expect(try await client.ask(.get, "/v1/models", fields: Self.fields("infers")).code == 401)
        }
    }

    @Test func `other models do not exist for a principal that is limited to some`() async throws {
        let file = try Self.file()
        let keys = try StaticKeys(file: file.path)
        var backend = ScriptedBackend([.text("a")])
        backend.models = ["a", "b"]
        try await withClient(of: backend, .with(\.modelAliases, ["first": "a", "second": "b"])) {
            $0.authenticator = keys
        } while: { (client, _) async throws in
            func ids(_ path: String, _ list: String, _ name: String) async throws -> [String] {
                let reply = try await client.ask(.get, path, fields: Self.fields("limited")).json()
                return reply[list]?.array?.compactMap { $0[name]?.string } ?? []
            }
            #expect(try await ids("/v1/models", "data", "id") == ["b", "second"])
            #expect(try await ids("/api/tags", "models", "name") == ["b:latest", "second:latest"])
            let all = try await client.ask(.get, "/v1/models", fields: Self.fields("full")).json()["data"]?.array
            #expect(all?.count == 4)
            for (model, code) in [("a", 404), ("first", 404), ("b", 200), ("second", 200)] {
                let retrieved = try await client.ask(.get, "/v1/models/\(model)", fields: Self.fields("limited"))
                #expect(retrieved.code == code, "\(model)")
                let chat = try await client.ask(
                    .post, "/v1/chat/completions", fields: Self.fields("limited"),
                    body: #"{"model":"\#(model)","messages":[{"role":"user","content":"Hi"}]}"#)
                #expect(chat.code == code, "\(model)")
                if code == 404 { try expect(chat, is: 404, param: "model", code: "model_not_found") }
                let show = try await client.ask(
                    .post, "/api/show", fields: Self.fields("limited"), body: #"{"model":"\#(model)"}"#)
                #expect(show.code == code, "\(model)")
            }
        }
    }

    // MARK: Applications

    /// Trusts a field that a proxy sets.
    private struct ProxyAuthenticator: Authenticator {
        func authenticate(_ head: RequestHead) throws(OpenAIError) -> Principal? {
            let name = head.fields["x-user"]
            if name == "mallory" { throw OpenAIError(status: 403, message: "Not you.", code: "banned") }
            return name.map { Principal($0, permissions: [.infer]) }
        }
    }

    @Test func `an application's authenticator decides, and the backend and the record have its principal`()
        async throws
    {
        let seen = Mutex<[Principal?]>([])
        let backend = ChatProbe { request, _ in seen.withLock { $0.append(request.context.principal) } }
        try await withClient(of: backend) {
            $0.authenticator = ProxyAuthenticator()
            $0.onRequestEnd { records in seen.withLock { $0 += records.map(\.principal) } }
        } while: { (client, _) async throws in
            let body = RequestText.chat()
            #expect(try await client.ask(.post, "/v1/chat/completions", body: body).code == 401)
            #expect(
                try await client.ask(.post, "/v1/chat/completions", fields: ["x-user": "mallory"], body: body).code
                    == 403)
            #expect(
                try await client.ask(.post, "/v1/chat/completions", fields: ["x-user": "ada"], body: body).code == 200)
            #expect(try await client.ask(.get, "/load", fields: ["x-user": "bob"]).code == 403)
        }
        #expect(seen.withLock { $0 } == ["ada", nil, nil, "ada", "bob"])
    }

    @Test func `gates and middleware cannot evade a permission with another principal`() async throws {
        let isGate = Mutex(true)
        try await withClient(of: ScriptedBackend([.text("a")])) { server in
            server.authenticator = try StaticKeys(["k1"])
            server.gate { _ in
                isGate.withLock { $0 } ? .principal(Principal("gate", permissions: [.embed])) : .pass
            }
            server.middleware { _, next in try await next(principal: Principal("inner", permissions: [.embed])) }
        } while: { (client, _) async throws in
            for isFromGate in [true, false] {
                isGate.withLock { $0 = isFromGate }
                let response = try await client.ask(
                    .post, "/v1/chat/completions", fields: ["api-key": "k1"], body: RequestText.chat())
                try expect(response, is: 403, code: "permission_denied")
            }
        }
    }
}
