import Martlet
import MartletGateway
import MartletHTTP
import MartletJSON
import MartletOperations
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Requests for endpoints that Martlet does not have.
@Suite(.serialized)
struct PassThroughTests {
    /// Runs a gateway that passes requests through.
    private nonisolated(nonsending) func withGateway(
        _ upstreams: [Upstream], configuration: GatewayConfiguration = GatewayConfiguration(),
        principal: Principal? = nil,
        _ body: nonisolated(nonsending) (_ client: RawClient, _ gateway: RunningServer) async throws -> Void
    ) async throws {
        let gateway = try Gateway(upstreams, configuration: configuration)
        try await withServer(
            gateway,
            configure: { server in
                try server.passThrough(to: gateway)
                if let principal { server.gate { _ in .principal(principal) } }
            },
            while: { server in
                let client = try await RawClient(server)
                try await body(client, server)
                await client.close()
            })
    }

    private static func upstream(_ server: FaultServer, _ name: String = "one", models: [String: String] = ["m": "m"])
        -> Upstream
    {
        Upstream(server.url, name: name, key: .value("secret"), models: models)
    }

    private static let audio: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
    func `method, path, query, content and its type arrive as they are`(method: String) async throws {
        try await withFaultServer([.json("{}")]) { server in
            try await withGateway([Self.upstream(server)]) { client, _ in
                let content = method == "GET" ? "" : String(repeating: "é\u{0}\r\n", count: 10_000)
                let response = try await client.ask(
                    HTTPMethod(rawValue: method), "/v1/files/a%2Fb/content?x=1&y=%20",
                    fields: [
                        "Content-Type": "multipart/form-data; boundary=x", "Authorization": "Bearer mine",
                        "Accept": "a/b",
                        "OpenAI-Beta": "v2", "Cookie": "c", "X-Request-Id": "r-1",
                    ], body: content)
                #expect(response.code == 200 && response.text == "{}")
                let request = try #require(server.requests.last)
                #expect(request.head.method.rawValue == method)
                #expect(request.head.target == "/v1/files/a%2Fb/content?x=1&y=%20")
                #expect(String(decoding: request.body, as: UTF8.self) == content)
                #expect(request.head.fields["content-type"] == "multipart/form-data; boundary=x")
                #expect(request.head.fields["authorization"] == "Bearer secret")
                #expect(request.head.fields["accept"] == "a/b")
                #expect(request.head.fields["openai-beta"] == "v2")
                #expect(request.head.fields["x-request-id"] == "r-1")
                #expect(!request.head.fields.contains("cookie"))
            }
        }
    }

    @Test func `the access log has the model of a request, and its principal`() async throws {
        let log = Mutex("")
        try await withFaultServer([.json("{}")]) { server in
            let gateway = try Gateway([Self.upstream(server)])
            try await withServer(gateway) { server in
                try server.passThrough(to: gateway)
                server.gate { _ in .principal("ada") }
                server.logRequests(as: .json) { text in log.withLock { $0 += text } }
            } while: { server in
                let client = try await RawClient(server)
                for body in [#"{"model":"m","query":"a"}"#, #"{"query":"a"}"#, #"{"model":"none"}"#] {
                    _ = try await client.ask(
                        .post, "/v1/rerank", fields: ["Content-Type": "application/json"], body: body)
                }
                _ = try await client.ask(.get, "/v1/files?model=m")
                await client.close()
            }
        }
        let lines = log.withLock { $0 }.split(separator: "\n").map { line in
            try? JSONValue(parsing: Array(line.utf8)).object
        }
        #expect(lines.map { $0?["model"]?.string } == ["m", nil, nil, "m"])
        #expect(lines.map { $0?["status"]?.number?.int } == [200, 200, 404, 200])
        #expect(lines.allSatisfy { $0?["principal"]?.string == "ada" })
    }

    @Test(arguments: [200, 201, 202, 400, 404, 422, 429, 500, 503])
    func `status, content and its type come back as they are`(status: Int) async throws {
        let fields: HTTPFields = [
            "Content-Type": "audio/mpeg", "Content-Length": "\(Self.audio.count)", "Set-Cookie": "c",
            "Retry-After": "3",
            "OpenAI-Version": "1", "Content-Disposition": "attachment", "X-Own": "x",
        ]
        try await withFaultServer([.head(status, fields), .send(Self.audio)]) { server in
            try await withGateway([Self.upstream(server)]) { client, _ in
                let response = try await client.ask(.post, "/v1/audio/speech", body: #"{"model":"m","input":"Hi"}"#)
                #expect(response.code == status && response.body == Self.audio)
                #expect(response.head.fields["content-type"] == "audio/mpeg")
                #expect(response.head.fields["content-disposition"] == "attachment")
                #expect(response.head.fields["retry-after"] == "3")
                #expect(response.head.fields["openai-version"] == "1")
                #expect(!response.head.fields.contains("set-cookie") && !response.head.fields.contains("x-own"))
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `an answer without content is one`() async throws {
        try await withFaultServer([.send("HTTP/1.1 204 No Content\r\n\r\n")]) { server in
            try await withGateway([Self.upstream(server)]) { client, _ in
                let response = try await client.ask(.delete, "/v1/files/f")
                #expect(response.code == 204 && response.body.isEmpty)
                let health = try await client.ask(.get, "/health")
                #expect(health.code == 200)
            }
        }
    }

    @Test func `an answer arrives piece by piece`() async throws {
        let gate = Gate()
        let steps: [FaultStep] = [.streamHead, .event("1"), .wait(for: gate), .event("2"), .close]
        try await withFaultServer(steps) { server in
            try await withGateway([Self.upstream(server)]) { client, _ in
                try await client.send(.post, "/v1/conversations", body: #"{"model":"m","stream":true}"#)
                _ = try await client.receiveHead()
                let first = try #require(try await client.receiveContent())
                #expect(String(decoding: first, as: UTF8.self) == FaultStep.eventText("1"))
                gate.open()
                let second = try #require(try await client.receiveContent())
                #expect(String(decoding: second, as: UTF8.self) == FaultStep.eventText("2"))
                #expect(try await client.receiveContent() == nil)
            }
        }
    }

    @Test func `the upstream is one of the model, or else of the first priority`() async throws {
        try await withFaultServer([.json(#"{"id":"a"}"#)]) { a in
            try await withFaultServer([.json(#"{"id":"b"}"#)]) { b in
                var second = Self.upstream(b, "b", models: ["other": "its-own"])
                second.priority = 1
                try await withGateway([Self.upstream(a, "a"), second]) { client, _ in
                    let cases = [
                        (#"{"input":"x", "model":"other"}"#, "", "b"), ("{}", "?model=other", "b"),
                        ("no JSON", "", "a"),
                        (#"{"model":"m"}"#, "?model=other", "a"), (#"{"model":7}"#, "", "a"), ("", "", "a"),
                    ]
                    for (body, query, name) in cases {
                        let response = try await client.post("/v1/moderations\(query)", body)
                        #expect(response.text == #"{"id":"\#(name)"}"#, "\(body) \(query)")
                    }
                    let unknown = try await client.post("/v1/moderations", #"{"model":"none"}"#)
                    #expect(unknown.code == 404 && unknown.text.contains("model_not_found"))
                    let twice = try await client.post("/v1/moderations", #"{"model":"m","model":"other"}"#)
                    #expect(twice.code == 400)
                }
                let sent = try #require(b.requests.first)
                #expect(String(decoding: sent.body, as: UTF8.self) == #"{"input":"x", "model":"its-own"}"#)
                #expect((a.requests.count, b.requests.count) == (4, 2))
            }
        }
    }

    @Test func `a key for certain models is for these only, and needs the permission`() async throws {
        let models = ["m": "m", "other": "other"]
        try await withFaultServer([.json("{}")]) { server in
            let ada = Principal("ada", permissions: [.infer], models: ["m"])
            try await withGateway([Self.upstream(server, models: models)], principal: ada) { client, _ in
                for (body, code) in [
                    (#"{"model":"m"}"#, 200), (#"{"model":"other"}"#, 404), ("{}", 403), ("no JSON", 403),
                ] {
                    let response = try await client.post("/v1/rerank", body)
                    #expect(response.code == code, "\(body)")
                }
            }
            let eve = Principal("eve", permissions: [.embed])
            try await withGateway([Self.upstream(server, models: models)], principal: eve) { client, _ in
                let response = try await client.post("/v1/rerank", #"{"model":"m"}"#)
                #expect(response.code == 403)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `paths that Martlet has stay its own, and others than those below v1 are not relayed`() async throws {
        try await withFaultServer([.json("{}")]) { server in
            try await withGateway([Self.upstream(server)]) { client, _ in
                let list = try await client.ask(.get, "/v1/models")
                #expect(list.text.contains(#""id":"m""#))
                for path in [
                    "/other", "/v1", "/v1/../metrics", "/v1/a/../../metrics", "/v1/%2e%2e/metrics", "/v1/a/..%2F..%2Fx",
                    "/v1/./x", "/v1/%63hat/completions", "/v1/chat%2Fcompletions", "/v1/Chat/Completions",
                    "/v1/%6dessages", "/v1/Messages", "/v1/messages;x", "/v1/messages%2Fcount_tokens",
                    "/v1/%72esponses", "/v1/Responses", "/v1/responses%2Finput_tokens",
                    "/v1/chat/completions;x", "/v1/chat%5Ccompletions", "/v1/embeddings;a/",
                ] {
                    let response = try await client.ask(.get, path)
                    #expect(response.code == 404, "\(path)")
                }
                #expect(server.requests.isEmpty)
                // Not the URL of another server.
                _ = try await client.ask(.get, "/v1/http://127.0.0.1:1/x")
                #expect(server.requests.map(\.head.target) == ["/v1/http:/127.0.0.1:1/x"])
            }
        }
    }

    @Test func `only a request that has not been sent is sent elsewhere`() async throws {
        let gone = Upstream("http://127.0.0.1:\(try FaultServer.refusedPort())", name: "gone", models: ["m": "m"])
        try await withFaultServer([.json("{}")]) { good in
            var second = Self.upstream(good, "good")
            second.priority = 1
            try await withGateway([gone, second]) { client, _ in
                let response = try await client.post("/v1/rerank", #"{"model":"m"}"#)
                #expect(response.code == 200)
            }
            for (steps, code) in [
                ([FaultStep.reset], 502), ([.json("{}", status: 500)], 500), ([.json("{}", status: 401)], 502),
                ([.json("{}", status: 302)], 502),
            ] {
                try await withFaultServer(steps) { bad in
                    try await withGateway([Self.upstream(bad, "bad"), second]) { client, _ in
                        let response = try await client.post("/v1/rerank", #"{"model":"m"}"#)
                        #expect(response.code == code)
                    }
                    #expect(bad.requests.count == 1)
                }
            }
            #expect(good.requests.count == 1)
        }
        try await withGateway([gone]) { client, _ in
            let response = try await client.post("/v1/rerank", #"{"model":"m"}"#)
            #expect(response.code == 503)
        }
    }

    @Test func `timeouts end it, and what breaks off is not an answer`() async throws {
        var configuration = GatewayConfiguration()
        configuration.timeouts.head = .milliseconds(100)
        try await withFaultServer([.stall]) { server in
            try await withGateway([Self.upstream(server)], configuration: configuration) { client, _ in
                let response = try await client.post("/v1/rerank", "{}")
                #expect(response.code == 504 && response.text.contains("timeout `head`"))
            }
        }
        configuration.timeouts = GatewayTimeouts()
        configuration.timeouts.idle = .milliseconds(100)
        for end in [FaultStep.stall, .reset] {
            let gate = Gate()
            let steps: [FaultStep] = [.head(200, ["Content-Length": "100"]), .send("abc"), .wait(for: gate), end]
            try await withFaultServer(steps) { server in
                try await withGateway([Self.upstream(server)], configuration: configuration) { client, _ in
                    try await client.send(.get, "/v1/files/f/content")
                    _ = try await client.receiveHead()
                    gate.open()
                    await #expect(throws: (any Error).self) { while try await client.receiveContent() != nil {} }
                }
            }
        }
    }

    @Test func `a client that leaves ends the request to the upstream`() async throws {
        try await withFaultServer([.head(200), .send("abc"), .stall]) { server in
            try await withGateway([Self.upstream(server)]) { client, running in
                let leaving = try await RawClient(running)
                try await leaving.send(.get, "/v1/files/f/content")
                _ = try await leaving.receiveHead()
                await leaving.close()
                try await eventually("the upstream is free") { server.openConnections == 0 }
            }
        }
    }
}
