import Martlet
import MartletGateway
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Requests through a gateway, compared with the same ones that are sent directly.
@Suite(.serialized)
struct RelayTests {
    private static let hello = #""messages":[{"role":"user","content":"Hello!"}],"temperature":0,"max_tokens":12"#

    @Test(
        arguments: [
            ("/v1/chat/completions", #"{"model":"toy",\#(hello)}"#),
            ("/v1/chat/completions", #"{"model":"toy",\#(hello),"stream":true}"#),
            (
                "/v1/chat/completions",
                #"{"model":"toy",\#(hello),"stream":true,"stream_options":{"include_usage":true}}"#
            ),
            ("/v1/chat/completions", #"{"model":"toy",\#(hello),"n":2,"logprobs":true,"top_logprobs":2}"#),
            ("/v1/chat/completions", #"{"model":"toy",\#(hello),"stream":true,"n":2,"logprobs":true}"#),
            ("/v1/chat/completions", #"{"model":"toy",\#(hello),"top_p":9}"#),
            ("/v1/chat/completions", #"{"model":"toy",\#(hello),"nonsense":1}"#),
            ("/v1/completions", #"{"model":"toy","prompt":["One","Two"],"max_tokens":5,"temperature":0}"#),
            ("/v1/completions", #"{"model":"toy","prompt":"One","max_tokens":5,"temperature":0,"stream":true}"#),
            ("/v1/embeddings", #"{"model":"toy","input":["Hello","there"]}"#), ("/tokenize", #"{"prompt":"Hello"}"#),
            ("/detokenize", #"{"model":"toy","tokens":[40,41]}"#), ("/v1/embeddings", #"{"model":"toy","input":7}"#),
        ])
    func `an answer is the same as without a gateway`(path: String, body: String) async throws {
        try await withToy { toy in
            let direct = try await RawClient(toy)

            let expected = try await direct.post(path, body)
            try await withGateway([Upstream(toy.url, kind: .martlet)]) { client, _ in
                let response = try await client.post(path, body)
                #expect(response.head.status == expected.head.status)
                #expect(response.comparable == expected.comparable)
                #expect(response.head.fields["content-type"] == expected.head.fields["content-type"])
                #expect(response.head.fields["x-upstream-request-id"] != nil)
                for name in ["cache-control", "x-accel-buffering"] {
                    #expect(response.head.fields[name] == expected.head.fields[name])
                }
            }
        }
    }

    @Test func `the name of a model is changed on the way out and back`() async throws {
        try await withToy { toy in
            let upstream = Upstream(toy.url, kind: .martlet, models: ["fast": "toy"])
            try await withGateway([upstream]) { client, _ in
                let list = try await client.ask(.get, "/v1/models")
                #expect(try JSONValue(parsing: list.body).object?["data"]?.array?.count == 1)
                let whole = try await client.post("/v1/chat/completions", #"{"model":"fast",\#(Self.hello)}"#)
                #expect(whole.text.contains(#""model":"fast""#) && !whole.text.contains(#""toy""#))
                let stream = try await client.post(
                    "/v1/chat/completions", #"{"model":"fast",\#(Self.hello),"stream":true}"#)
                #expect(stream.text.contains(#""model":"fast""#) && !stream.text.contains(#""toy""#))
                #expect(!stream.text.contains(#""usage":{"#))
                let unknown = try await client.post("/v1/chat/completions", #"{"model":"toy",\#(Self.hello)}"#)
                #expect(unknown.head.status == .notFound)
            }
        }
    }

    @Test func `what Martlet does not know reaches the upstream byte for byte, and comes back`() async throws {
        let answer =
            #"{"id":"c","object":"chat.completion","created":1,"model":"m","x_new":[1.0e5, "\u00e9"],"choices":[{"index":0,"#
            + #""message":{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#
        let models = #"{"object":"list","data":[{"id":"m","object":"model"}]}"#
        try await withFaultServer([.json(models)], [.json(answer, fields: ["openai-version": "2020", "x-own": "1"])]) {
            server in
            try await withGateway([Upstream(server.url, key: .value("secret"))]) { client, _ in
                let body = #"{ "model" : "m", "future":{"a":[1E2,  "\u0041"]},"messages":[ ] }"#
                let response = try await client.ask(
                    .post, "/v1/chat/completions",
                    fields: [
                        "Content-Type": "application/json", "Authorization": "Bearer mine", "OpenAI-Beta": "x=1",
                        "Cookie": "a=b", "X-Request-Id": "r-1",
                    ], body: body)
                #expect(response.text == answer)
                #expect(response.head.fields["openai-version"] == "2020")
                #expect(!response.head.fields.contains("x-own"))
                let request = try #require(server.requests.last)
                #expect(String(decoding: request.body, as: UTF8.self) == body)
                #expect(request.head.fields["authorization"] == "Bearer secret")
                #expect(request.head.fields["openai-beta"] == "x=1")
                #expect(request.head.fields["x-request-id"] == "r-1")
                #expect(!request.head.fields.contains("cookie"))
            }
        }
    }

    @Test func `the client's key goes to upstreams that are to have it, and to no others`() async throws {
        let body = #"{"model":"m","input":"a"}"#
        let answer =
            #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","#
            + #""usage":{"prompt_tokens":1,"total_tokens":1}}"#
        try await withFaultServer([.json(answer)]) { server in
            for (key, forwardsKey, expected) in [
                (nil, true, "Bearer mine"), (nil, false, nil), (.value("secret"), true, "Bearer secret"),
            ] as [(UpstreamKey?, Bool, String?)] {
                var upstream = Upstream(server.url, key: key, models: ["m": "m"])
                upstream.forwardsKey = forwardsKey
                try await withGateway([upstream]) { client, _ in
                    _ = try await client.ask(
                        .post, "/v1/embeddings",
                        fields: ["Content-Type": "application/json", "Authorization": "Bearer mine"], body: body)
                }
                #expect(server.requests.last?.head.fields["authorization"] == expected)
            }
            #expect(server.requests.count == 3)
        }
    }

    @Test func `a large body is relayed whole`() async throws {
        let answer =
            #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","#
            + #""usage":{"prompt_tokens":1,"total_tokens":1}}"#
        try await withFaultServer([.json(answer)]) { server in
            try await withGateway([Upstream(server.url, models: ["small": "m"])]) { client, _ in
                let text = String(repeating: "some words ", count: 100_000)
                let response = try await client.post("/v1/embeddings", #"{"model":"small","input":"\#(text)"}"#)
                #expect(response.head.status == .ok)
                let request = try #require(server.requests.last)
                #expect(String(decoding: request.body, as: UTF8.self) == #"{"model":"m","input":"\#(text)"}"#)
            }
        }
    }

    @Test func `a member that comes twice is refused, in any spelling`() async throws {
        try await withToy { toy in
            try await withGateway([Upstream(toy.url, kind: .martlet)]) { client, _ in
                for body in [
                    #"{"model":"toy","messages":[],"model":"toy"}"#,
                    #"{"mod\u0065l":"toy","messages":[],"model":"toy"}"#,
                ] {
                    let response = try await client.post("/v1/chat/completions", body)
                    #expect(response.head.status == .badRequest)
                    #expect(response.text.contains("`model` is in the request body twice"))
                }
            }
        }
    }
}
