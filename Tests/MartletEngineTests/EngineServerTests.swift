import Martlet
import MartletEngine
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletToy
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

    @Test func `completions work whole, streamed and scored`() async throws {
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

    @Test func `end tokens, stop strings and limits end a completion`() async throws {
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

    @Test(arguments: [JSONValue.null, "e", [".", "the"]])
    func `best_of returns the choices of the highest mean log-probability, and counts all of them`(stop: JSONValue)
        async throws
    {
        let toy = try ToyModel.embedded()
        try await withServer(ToyBackend(toy)) { server in
            let client = try await RawClient(server)
            var body: JSONObject = [
                "prompt": "The dog", "temperature": 1.1, "seed": 5, "max_tokens": 9, "logprobs": 1, "stop": stop,
            ]
            body["n"] = 8
            let all = try await ask("/v1/completions", body, in: client)
            let means = (all["choices"]?.array ?? []).map { choice in
                let scores = (choice["logprobs"]?["token_logprobs"]?.array ?? []).compactMap { $0.number?.double }
                return (text: choice["text"]?.string, mean: scores.reduce(0, +) / Double(scores.count))
            }
            #expect(means.count == 8)
            body["n"] = 2
            body["best_of"] = 8
            let best = try await ask("/v1/completions", body, in: client)
            if stop.isNull {
                let expected = means.sorted { $0.mean > $1.mean }.prefix(2).map(\.text)
                #expect(best["choices"]?.array?.map { $0["text"]?.string } == expected)
            }
            #expect(best["choices"]?.array?.map { $0["index"] } == [0, 1])
            #expect(best["usage"]?["completion_tokens"] == all["usage"]?["completion_tokens"])
            body["logprobs"] = nil
            let plain = try await ask("/v1/completions", body, in: client)["choices"]
            #expect(plain?.array?.map { $0["text"] } == best["choices"]?.array?.map { $0["text"] })
            #expect(plain?[0]?["logprobs"] == .null)
            #expect(plain?[0]?["finish_reason"] == best["choices"]?[0]?["finish_reason"])
            body["max_tokens"] = 0
            body["echo"] = true
            let echo = try await ask("/v1/completions", body, in: client)["choices"]
            #expect(echo?.array?.map { $0["text"] } == ["The dog", "The dog"])
            #expect(echo?[1]?["finish_reason"] == "length")
            await client.close()
        }
    }

    @Test func `chat, embeddings and tokenizer work`() async throws {
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

    @Test func `a model whose template does not render tools refuses them`() async throws {
        try await withModel { client in
            let body = """
                {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2,
                 "tools": [{"type": "function", "function": {"name": "f"}}]}
                """
            let response = try await client.ask(.post, "/v1/chat/completions", body: body)
            #expect(response.code == 400)
            #expect(try response.json()["error"]?["param"] == "tools")
        }
    }

    @Test func `counters add up what was computed`() async throws {
        let engine = Engine(MarkovModel(), name: "letters")
        #expect(engine.counters.steps == 0)
        try await withServer(engine) { server in
            let client = try await RawClient(server)
            let prompt = String(repeating: "abcdefghijklmnop", count: 3) + "q"
            for _ in 0..<2 {
                _ = try await ask(
                    "/v1/completions", ["prompt": .string(prompt), "max_tokens": 6, "n": 2, "ignore_eos": true],
                    in: client)
            }
            _ = try await ask("/v1/embeddings", ["input": ["abc", "de"]], in: client)
            await client.close()
        }
        let counters = engine.counters
        #expect(counters.promptTokens == 2 * 49 + 5)
        #expect(counters.cachedTokens == 48)
        #expect(counters.generatedTokens == 24)
        #expect(counters.steps > 12)
        #expect(counters.stepTokens >= 49 + 1 + 20 + 5)
        #expect(counters.lastStepTokens > 0)
        #expect(counters.stepTime > .zero && counters.lastStepTime > .zero)
        #expect(counters.blocks > 0)
        #expect(counters.running == 0 && counters.waiting == 0 && counters.usedBlocks == 0)
    }

    @Test func `tokens outside of the vocabulary are refused`() async throws {
        try await withModel { client in
            for body in [#"{"prompt":[99]}"#, #"{"prompt":"日本"}"#] {
                let response = try await client.ask(.post, "/v1/completions", body: body)
                #expect(response.code == 400)
                #expect(try response.json()["error"]?["param"] == "prompt")
            }
        }
    }
}
