import Martlet
import MartletGateway
import MartletHTTP
import MartletTesting
import Testing

/// What upstreams refuse for reasons of their own: keys, limits, and gateways that reach themselves.
@Suite(.serialized)
struct RefusalTests {
    private static let chat = "/v1/chat/completions"
    private static let body = #"{"model":"m","messages":[]}"#
    private static let refusal: [FaultStep] = [
        .json(#"{"error":{"message":"Who are you?","type":"t","param":null,"code":"invalid_api_key"}}"#, status: 401)
    ]

    private static let answer =
        #"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#

    @Test func `a key that an upstream does not accept is not sent to it again`() async throws {
        try await withFaultServer(Self.refusal, Self.refusal) { server in
            let upstream = Upstream(server.url, key: .value("wrong"), models: ["m": "m"])
            try await withGateway([upstream]) { client, _ in
                let response = try await client.post(Self.chat, Self.body)
                #expect(response.head.status.code == 502 && response.text.contains("upstream_error"))
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a client without a key gets the upstream's refusal where its own would be sent`() async throws {
        try await withFaultServer(Self.refusal, Self.refusal, Self.refusal, [.json(Self.answer)]) { server in
            var upstream = Upstream(server.url, models: ["m": "m"])
            upstream.forwardsKey = true
            try await withGateway([upstream]) { client, _ in
                for _ in 0..<3 {
                    let response = try await client.post(Self.chat, Self.body)
                    #expect(response.head.status.code == 401 && response.text.contains("Who are you?"))
                }
                let response = try await client.ask(
                    .post, Self.chat, fields: ["Content-Type": "application/json", "x-api-key": "mine"], body: Self.body
                )
                #expect(response.head.status == .ok)
            }
            #expect(server.requests.map { $0.head.fields["authorization"] } == [nil, nil, nil, "Bearer mine"])
        }
    }

    @Test func `when all upstreams are limited the client is too, for as long`() async throws {
        let busy: [FaultStep] = [
            .json(
                #"{"error":{"message":"Slow down.","type":"t","param":null,"code":"c"}}"#, status: 429,
                fields: ["Retry-After": "30"])
        ]
        try await withFaultServer(busy) { server in
            try await withGateway([Upstream(server.url, models: ["m": "m"])]) { client, _ in
                #expect(try await client.post(Self.chat, Self.body).head.status.code == 429)
                let response = try await client.post(Self.chat, Self.body)
                #expect(response.head.status.code == 429)
                let seconds = try #require(response.head.fields["Retry-After"].flatMap { Int($0) })
                #expect((20...30).contains(seconds))
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `why an upstream does not answer its checks is known, and whether it answers again`() async throws {
        try await withFaultServer([.json("{}", status: 404)], [.json("{}")]) { server in
            let upstream = Upstream(server.url, kind: .vLLM, models: ["m": "m"])
            var configuration = GatewayConfiguration()
            configuration.healthInterval = .milliseconds(50)
            let gateway = try Gateway([upstream], configuration: configuration)
            try await withServer(gateway) { _ in
                #expect(gateway.reports.map(\.fault) == ["GET /health: status 404"])
                while gateway.reports[0].fault != nil { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
    }

    @Test func `a request that comes back to the gateway that has sent it is refused`() async throws {
        let port = try FaultServer.refusedPort()
        let upstream = Upstream("http://127.0.0.1:\(port)", models: ["m": "m"])
        try await withServer(try Gateway([upstream]), configuration: ServerConfiguration(port: port)) { server in
            let client = try await RawClient(server)
            let response = try await client.post(Self.chat, Self.body)
            #expect(response.head.status.code == 508 && response.text.contains("loop_detected"))
            await client.close()
        }
    }

    @Test(arguments: ["", "a\nb", "a\u{1B}b"]) func `a name that would break a line of the log is refused`(
        _ name: String
    ) {
        #expect(throws: GatewayError.self) { try Gateway([Upstream("http://a", name: name)]) }
    }
}
