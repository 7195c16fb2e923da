import Martlet
import MartletEngine
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletToy

/// Ollama's API has the same replies as OpenAI's.
struct OllamaAgreementTests {
    private struct Reply: Equatable {
        var text = ""
        var thinking = ""
        var calls: [JSONValue] = []
        var reason = ""
        var promptTokens = 0
        var tokens = 0
    }

    private static let questions = [
        "What is the capital of France?", "What is the weather in Oslo?", "What is 12 plus 30?", "Say hello.",
        "Tell me a story about Ada 😀", "What is 7 times 8?",
    ]
    private static let tools: JSONValue = [
        ["type": "function", "function": ["name": "get_weather", "parameters": ["type": "object"]]]
    ]

    private func reply(_ lines: [JSONValue]) -> Reply {
        var reply = Reply()
        for line in lines {
            reply.text += line["message"]?["content"]?.string ?? ""
            reply.thinking += line["message"]?["thinking"]?.string ?? ""
            reply.calls += (line["message"]?["tool_calls"]?.array ?? []).map { $0["function"] ?? .null }
        }
        let end = lines.last
        reply.reason = end?["done_reason"]?.string ?? ""
        reply.promptTokens = end?["prompt_eval_count"]?.number?.int ?? -1
        reply.tokens = end?["eval_count"]?.number?.int ?? -1
        return reply
    }

    private func openAI(_ body: JSONObject, in client: RawClient) async throws -> Reply {
        let response = try await client.ask(
            .post, "/v1/chat/completions", body: JSONValue.object(body).description
        ).json()
        let choice = response["choices"]?[0]
        var reply = Reply()
        reply.text = choice?["message"]?["content"]?.string ?? ""
        reply.thinking = choice?["message"]?["reasoning_content"]?.string ?? ""
        reply.calls = (choice?["message"]?["tool_calls"]?.array ?? []).map { call in
            let text = call["function"]?["arguments"]?.string ?? ""
            // Arguments that are cut off by the limit of tokens are no JSON.
            let arguments = (try? JSONValue(parsing: Array(text.utf8))) ?? ["arguments": .string(text)]
            return ["name": call["function"]?["name"] ?? .null, "arguments": arguments]
        }
        let reason = choice?["finish_reason"]?.string ?? ""
        reply.reason = reason == "tool_calls" ? "stop" : reason
        reply.promptTokens = response["usage"]?["prompt_tokens"]?.number?.int ?? -2
        reply.tokens = response["usage"]?["completion_tokens"]?.number?.int ?? -2
        return reply
    }

    @Test func `a seeded chat has the same reply streamed, whole, and through OpenAI's API`() async throws {
        try await withToy { client, _ in
            var replies: Set<String> = []
            for round in 0..<36 {
                let messages: JSONValue = [["role": "user", "content": .string(Self.questions[round % 6])]]
                var options: JSONObject = [
                    "seed": .number(JSONNumber(round)), "temperature": [0, 0.8, 1.2][round % 3], "top_p": 0.9,
                    "top_k": 20, "repeat_penalty": 1.1, "num_predict": .number(JSONNumber(round % 4 == 0 ? 4 : 40)),
                ]
                if round % 5 == 0 { options["stop"] = ["is"] }
                var ollama: JSONObject = ["model": "toy:latest", "messages": messages, "options": .object(options)]
                var body: JSONObject = options
                body["options"] = nil
                body["repetition_penalty"] = body["repeat_penalty"]
                body["repeat_penalty"] = nil
                body["max_tokens"] = body["num_predict"]
                body["num_predict"] = nil
                body["messages"] = messages
                if round % 2 == 0 {
                    ollama["tools"] = Self.tools
                    body["tools"] = Self.tools
                } else {
                    ollama["think"] = true
                    body["reasoning_effort"] = "high"
                }
                let expected = try await openAI(body, in: client)
                let streamed = try await client.ask(
                    .post, "/api/chat", body: JSONValue.object(ollama).description
                ).text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
                ollama["stream"] = false
                let whole = try await client.ask(
                    .post, "/api/chat", body: JSONValue.object(ollama).description
                ).json()
                #expect(reply(streamed) == expected, "round \(round)")
                #expect(reply([whole]) == expected, "round \(round)")
                replies.insert("\(expected.text)\(expected.thinking)\(expected.calls)")
            }
            #expect(replies.count > 8)
        }
    }

    @Test func `generate takes a question, a raw prompt, or the context of an earlier reply`() async throws {
        try await withToy { client, _ in
            func generate(_ body: JSONObject) async throws -> JSONValue {
                var body = body
                body["model"] = "toy"
                body["stream"] = false
                body["options"] = ["temperature": 0, "num_predict": 20]
                let response = try await client.ask(.post, "/api/generate", body: JSONValue.object(body).description)
                #expect(response.code == 200, "\(response.text)")
                return try response.json()
            }
            let question = try await generate(["prompt": "What is the capital of France?"])
            #expect(question["response"]?.string?.contains("Paris") == true)
            let context = question["context"]?.array ?? []
            let prompt = question["prompt_eval_count"]?.number?.int ?? 0
            let answer = question["eval_count"]?.number?.int ?? 0
            #expect(context.count == prompt + answer)

            let raw = try await generate(["prompt": "Once upon a time", "raw": true])
            let plain = try await client.ask(
                .post, "/v1/completions", body: #"{"prompt":"Once upon a time","temperature":0,"max_tokens":20}"#
            ).json()
            #expect(raw["response"] == plain["choices"]?[0]?["text"])
            let further = try await generate([
                "prompt": " And then", "raw": true, "context": raw["context"] ?? .null,
            ])
            let before = raw["context"]?.array ?? []
            let after = further["context"]?.array ?? []
            #expect(Array(after.prefix(before.count)) == before)
            let tokens = further["prompt_eval_count"]?.number?.int ?? 0
            #expect(!before.isEmpty && tokens > before.count)
            let next = try await generate(["prompt": "And of Norway?", "context": .array(context)])
            let whole = next["context"]?.array ?? []
            #expect(Array(whole.prefix(context.count)) == context)
        }
    }

    @Test func `texts are embedded as through OpenAI's API`() async throws {
        try await withToy { client, _ in
            let expected = try await client.ask(.post, "/v1/embeddings", body: #"{"input":["a dog","a cat"]}"#).json()
            let many = try await client.ask(.post, "/api/embed", body: #"{"input":["a dog","a cat"]}"#).json()
            #expect(many["embeddings"]?[0] == expected["data"]?[0]?["embedding"])
            #expect(many["embeddings"]?[1] == expected["data"]?[1]?["embedding"])
            #expect(many["prompt_eval_count"] == expected["usage"]?["prompt_tokens"])
            let one = try await client.ask(.post, "/api/embeddings", body: #"{"model":"toy","prompt":"a cat"}"#).json()
            #expect(one["embedding"] == many["embeddings"]?[1])
        }
    }

    @Test func `a text that is longer than the context is embedded up to its end, or refused`() async throws {
        try await withShortToy { client in
            let long = String(repeating: "a dog and a cat ", count: 400)
            let cut = try await client.ask(.post, "/api/embed", body: #"{"input":"\#(long)"}"#).json()
            #expect(cut["prompt_eval_count"]?.number?.int == ShortToy.contextLength)
            let refused = try await client.ask(.post, "/api/embed", body: #"{"input":"\#(long)","truncate":false}"#)
            #expect(refused.code == 400)
        }
    }
}
