import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// The limits of principals: requests and tokens per minute, and requests at the same time.
@Suite(.serialized)
struct WireLimitsTests {
    private let keys = LimitedKeys()

    // MARK: Requests per minute

    @Test func `requests beyond those of a minute get 429 before their body is read, and other principals are served`()
        async throws
    {
        var backend = ScriptedBackend([.text("a")])
        backend.models = ["scripted", "other"]
        try await keys.withClient("requests-per-minute=2", of: backend) { (client, server) async throws in
            let first = try await keys.chat(client)
            #expect(first.code == 200)
            #expect(keys.rates(first)["x-ratelimit-limit-requests"] == "2")
            #expect(keys.rates(first)["x-ratelimit-remaining-requests"] == "1")
            #expect(keys.rates(first)["x-ratelimit-reset-requests"]?.hasSuffix("s") == true)
            #expect(keys.rates(first).count == 3)
            // Another endpoint, model and connection, and a request that fails.
            let other = try await RawClient(server)
            let failed = try await other.ask(
                .post, "/v1/embeddings", fields: ["x-api-key": "ada"], body: #"{"model":"other","input":3}"#)
            #expect(failed.code == 400)
            #expect(keys.rates(failed)["x-ratelimit-remaining-requests"] == "0")
            try await other.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ada\r\n"
                    + "Content-Length: 900000\r\n\r\n")
            let refused = try await other.receiveResponse()
            try keys.expectRefusal(refused, "your limit is 2 requests per minute.")
            #expect(keys.rates(refused)["x-ratelimit-remaining-requests"] == "0")
            await other.close()
            let unlimited = try await keys.chat(client, "bob")
            #expect(unlimited.code == 200)
            #expect(keys.rates(unlimited).isEmpty)
            #expect(backend.started == 2)
        }
    }

    @Test func `routes that use no model do not count, and have the fields too`() async throws {
        try await keys.withClient("requests-per-minute=1", of: ScriptedBackend([.text("a")])) {
            (client, _) async throws in
            for path in ["/v1/models", "/v1/models/scripted", "/v1/models/none", "/version", "/api/tags", "/load"] {
                let response = try await client.ask(.get, path, fields: ["api-key": "ada"])
                #expect(keys.rates(response)["x-ratelimit-remaining-requests"] == "1", "\(path)")
            }
            #expect(keys.rates(try await client.ask(.get, "/health")).isEmpty)
            #expect(keys.rates(try await client.ask(.get, "/v1/models", fields: ["api-key": "wrong"])).isEmpty)
            #expect(try await keys.chat(client).code == 200)
            #expect(try await client.ask(.get, "/v1/models", fields: ["api-key": "ada"]).code == 200)
            try keys.expectRefusal(try await keys.chat(client), "1 requests per minute")
        }
    }

    @Test func `the tokenizer and an application's routes that generate count`() async throws {
        let file = try KeysFixture(("ada", "permissions=infer requests-per-minute=2"))
        try await withClient(of: CompletionProbe { _, _ in }) { server in
            server.authenticator = try StaticKeys(file: file.path)
            try server.route(.get, "/own", requires: .permission(.infer)) { _, writer in
                writer.send(HTTPResponse(text: "own"))
            }
        } while: { (client, _) async throws in
            let tokens = try await client.ask(
                .post, "/tokenize", fields: ["api-key": "ada"], body: #"{"prompt":"Hi"}"#)
            #expect(keys.rates(tokens)["x-ratelimit-remaining-requests"] == "1")
            #expect(try await client.ask(.get, "/own", fields: ["api-key": "ada"]).text == "own")
            #expect(try await client.ask(.get, "/own", fields: ["api-key": "ada"]).code == 429)
        }
    }

    @Test func `each API has its envelope`() async throws {
        try await keys.withClient("requests-per-minute=1", of: ScriptedBackend([.text("a")])) {
            (client, _) async throws in
            #expect(try await keys.chat(client).code == 200)
            let ollama = try await client.ask(
                .post, "/api/chat", fields: ["api-key": "ada"],
                body: #"{"model":"scripted","messages":[{"role":"user","content":"Hi"}]}"#)
            #expect(ollama.code == 429)
            #expect(ollama[field: "Retry-After"] != nil && ollama[field: "retry-after-ms"] != nil)
            let json = try ollama.json()
            #expect(json.object?.map(\.key) == ["error"])
            #expect(json["error"]?.string?.contains("1 requests per minute. Please try again in ") == true)
        }
    }

    @Test func `limits that change when the keys are reloaded count what was used before`() async throws {
        let file = try KeysFixture(("ada", "permissions=infer requests-per-minute=2"))
        let authenticator = try StaticKeys(file: file.path)
        try await withClient(of: ScriptedBackend([.text("a")])) {
            $0.authenticator = authenticator
        } while: { (client, _) async throws in
            for code in [200, 200, 429] { #expect(try await keys.chat(client).code == code) }
            try file.write(KeysFixture.line("ada", "permissions=infer requests-per-minute=4"))
            await authenticator.reload()
            for code in [200, 200, 429] { #expect(try await keys.chat(client).code == code) }
            try file.write(KeysFixture.line("ada", "permissions=infer"))
            await authenticator.reload()
            let unlimited = try await keys.chat(client)
            #expect(unlimited.code == 200)
            #expect(keys.rates(unlimited).isEmpty)
        }
    }

    @Test func `the principal of a gate has its limits`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")])) { server in
            server.gate { request in
                .principal(Principal(request.head.fields["x-user"] ?? "none", limits: .init(requestsPerMinute: 1)))
            }
        } while: { (client, _) async throws in
            for (user, code) in [("ada", 200), ("bob", 200), ("ada", 429), ("bob", 429)] {
                let response = try await client.ask(
                    .post, "/v1/chat/completions", fields: ["x-user": user], body: RequestText.chat())
                #expect(response.code == code, "\(user)")
            }
        }
    }

    // MARK: Requests at the same time

    @Test func `a stream counts until it ends, and then the next request is served`() async throws {
        let gate = Gate()
        let backend = ScriptedBackend([.text("a"), .wait(for: gate)], [.text("b")])
        try await keys.withClient("concurrent-requests=1", of: backend) { (client, server) async throws in
            try await keys.sendChat(client, "ada", #""stream":true"#)
            _ = try await client.receiveHead()
            _ = try await client.receiveEvent()
            let other = try await RawClient(server)
            try keys.expectRefusal(try await keys.chat(other), "your limit is 1 requests at the same time.")
            #expect(try await keys.chat(other, "bob").code == 200)
            gate.open()
            while try await client.receiveEvent() != nil {}
            #expect(try await keys.chat(other).code == 200)
            await other.close()
        }
    }

    @Test func `requests one after the other never exceed a limit of one, on one connection and on several`()
        async throws
    {
        let backend = ScriptedBackend([.text("a")])
        try await keys.withClient("concurrent-requests=1", of: backend) { (client, server) async throws in
            let other = try await RawClient(server)
            for number in 0..<100 {
                let response = try await keys.chat(
                    number % 2 == 0 ? client : other, "ada", number % 3 == 0 ? #""stream":true"# : "")
                #expect(response.code == 200, "request \(number)")
            }
            await other.close()
            // Pipelined requests of a connection are handled one after the other.
            for _ in 0..<5 { try await keys.sendChat(client) }
            for _ in 0..<5 { #expect(try await client.receiveResponse().code == 200) }
        }
    }

    @Test(arguments: [false, true])
    func `a client that leaves makes room: within its body, while it waits, and while its backend generates`(
        isStreamed: Bool
    ) async throws {
        let gate = Gate()
        var backend = ScriptedBackend([.wait(for: gate)], [.text("a"), .hang], [.text("b")])
        backend.maxConcurrency = 1
        let more = isStreamed ? #""stream":true"# : ""
        try await keys.withClient("concurrent-requests=1", of: backend) { (client, server) async throws in
            let body = try await RawClient(server)
            try await body.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\napi-key: ada\r\nContent-Length: 900\r\n\r\n{")
            try await eventually { try await keys.chat(client).code == 429 }
            await body.reset()
            // Bob has the only permit, so Ada waits.
            let bob = try await RawClient(server)
            try await keys.sendChat(bob, "bob")
            try await eventually { server.counters.running == 1 }
            for number in 1...2 {
                let leaving = try await RawClient(server)
                try await eventually {
                    try await keys.sendChat(leaving, "ada", more)
                    // A request that is admitted has no response before it is left; a refused one has it at once.
                    for _ in 0..<200 {
                        if server.counters.waiting + server.counters.running == (number == 1 ? 2 : 1) { return true }
                        try await Task.sleep(for: .milliseconds(10))
                    }
                    return try await leaving.receiveResponse().code != 429
                }
                try keys.expectRefusal(try await keys.chat(client), "requests at the same time")
                if number == 2 { try await eventually { backend.started == 2 } }
                await leaving.reset()
                if number == 1 {
                    try await eventually { server.counters.waiting == 0 }
                    gate.open()
                    #expect(try await bob.receiveResponse().code == 200)
                }
            }
            await bob.close()
            try await eventually { backend.cancelled == 1 }
            try await keys.expectIdle(server)
            #expect(try await keys.chat(client).code == 200)
        }
    }

    @Test func `a backend that fails makes room, early and late`() async throws {
        let error = BackendError.failed("Broke.")
        let backend = ScriptedBackend([.fail(error)], [.text("a"), .fail(error)], [.text("b")])
        try await keys.withClient("concurrent-requests=1", of: backend) { (client, _) async throws in
            for _ in 0..<2 { _ = try await keys.chat(client, "ada", #""stream":true"#) }
            #expect(try await keys.chat(client).code == 200)
        }
    }

    @Test func `a request that is too large makes room, and its connection closes`() async throws {
        var configuration = ServerConfiguration(port: 0)
        configuration.limits.maximumBodyBytes = 1000
        try await keys.withClient("concurrent-requests=1", of: ScriptedBackend([.text("a")]), configuration) {
            (client, server) async throws in
            let large = try await RawClient(server)
            try await large.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\napi-key: ada\r\nContent-Length: 2000\r\n\r\n")
            #expect(try await large.receiveResponse().code == 413)
            #expect(try await keys.chat(client).code == 200)
            await large.close()
        }
    }
}
