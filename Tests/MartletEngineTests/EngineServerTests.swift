import Martlet
import MartletEngine
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A model of thirty lines behind the whole API.
struct EngineServerTests {
    private func withModel(_ body: (RawClient) async throws -> Void) async throws {
        try await withServer(Engine(MarkovModel(), name: "letters")) { server in
            let client = try await RawClient(server)
            try await body(client)
            await client.close()
        }
    }

    private func ask(_ path: String, _ body: JSONObject, in client: RawClient) async throws -> JSONValue {
        let response = try await client.ask(.post, path, body: JSONValue.object(body).description)
        #expect(response.code == 200, "\(response.text)")
        return try response.json()
    }

    @Test func `it goes on with a text, whole, streamed and scored`() async throws {
        try await withModel { client in
            let request: JSONObject = [
                "prompt": "abc", "temperature": 0, "max_tokens": 5, "logprobs": 2, "echo": true, "n": 2,
            ]
            let choices = try await ask("/v1/completions", request, in: client)["choices"]
            for index in 0..<2 {
                #expect(choices?[index]?["text"] == "abcdefgh")
                #expect(choices?[index]?["finish_reason"] == "length")
                #expect(choices?[index]?["logprobs"]?["tokens"]?.array?.count == 8)
                #expect(choices?[index]?["logprobs"]?["token_logprobs"]?[0] == .null)
            }
            var streamed = request
            streamed["stream"] = true
            let events = try await client.ask(
                .post, "/v1/completions", body: JSONValue.object(streamed).description
            ).events
            #expect(events.last == "data: [DONE]")
        }
    }

    @Test func `it comes to its end, and to stop strings and limits`() async throws {
        try await withModel { client in
            let end = try await ask("/v1/completions", ["prompt": "x", "temperature": 0, "max_tokens": 50], in: client)
            #expect(end["choices"]?[0]?["text"] == "yz .")
            #expect(end["choices"]?[0]?["finish_reason"] == "stop")
            let stopped = try await ask(
                "/v1/completions", ["prompt": "a", "temperature": 0, "max_tokens": 50, "stop": "ef"], in: client)
            #expect(stopped["choices"]?[0]?["text"] == "bcd")
            let biased = try await ask(
                "/v1/completions", ["prompt": "a", "temperature": 0, "max_tokens": 3, "logit_bias": ["25": 100]],
                in: client)
            #expect(biased["choices"]?[0]?["text"] == "zzz")
        }
    }

    @Test func `it chats, embeds and tokenizes`() async throws {
        try await withModel { client in
            let chat = try await ask(
                "/v1/chat/completions",
                ["messages": [["role": "user", "content": "hello"]], "temperature": 0, "max_tokens": 4], in: client)
            #expect(chat["choices"]?[0]?["message"]?["content"]?.string?.count == 4)
            #expect(chat["usage"]?["completion_tokens"] == 4)
            let vectors = try await ask("/v1/embeddings", ["input": ["a", "b", "a"]], in: client)["data"]
            #expect(vectors?[0]?["embedding"] == vectors?[2]?["embedding"])
            #expect(vectors?[0]?["embedding"] != vectors?[1]?["embedding"])
            let tokens = try await ask("/tokenize", ["prompt": "abc"], in: client)
            #expect(tokens["tokens"] == [0, 1, 2])
            #expect(try await ask("/detokenize", ["tokens": [0, 1, 2]], in: client)["prompt"] == "abc")
        }
    }

    @Test func `what its vocabulary does not have is refused`() async throws {
        try await withModel { client in
            for body in [#"{"prompt":[99]}"#, #"{"prompt":"日本"}"#] {
                let response = try await client.ask(.post, "/v1/completions", body: body)
                #expect(response.code == 400)
                #expect(try response.json()["error"]?["param"] == "prompt")
            }
        }
    }
}
