import Martlet
import MartletEngine
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletToy

/// Input that is longer than the context is refused in the sentences that clients look for: LiteLLM and aider match
/// their text, also where Ollama's API has no code.
struct ContextErrorTests {
    private let text = String(repeating: "7 ", count: 505)
    private let toy = ToyBackend(Fixture.model)
    private let limit = "This model's maximum context length is \(ShortToy.contextLength) tokens"

    private func refusal(_ path: String, _ body: JSONObject, in client: RawClient) async throws -> JSONValue? {
        let response = try await client.ask(.post, path, body: JSONValue.object(body).description)
        #expect(response.code == 400)
        return try response.json()["error"]
    }

    @Test func `messages are counted as the template renders them`() async throws {
        let count = try toy.applyTemplate(ChatRequest(model: "toy", messages: [.user(text)])).count
        let sentence = JSONValue.string(
            "\(limit). However, your messages resulted in \(count) tokens. Please reduce the length of the messages.")
        let messages: JSONValue = [["role": "user", "content": .string(text)]]
        try await withShortToy { client in
            for isStreamed in [false, true] {
                let error = try await refusal(
                    "/v1/chat/completions", ["messages": messages, "stream": .bool(isStreamed)], in: client)
                #expect(error?["message"] == sentence)
                #expect(error?["code"] == "context_length_exceeded" && error?["param"] == "messages")
                let ollama = try await refusal(
                    "/api/chat", ["messages": messages, "stream": .bool(isStreamed), "truncate": false], in: client)
                #expect(ollama == sentence)
            }
        }
    }

    @Test func `a prompt is counted together with the requested tokens`() async throws {
        let count = toy.encode(text, model: "toy").count
        func sentence(_ maxTokens: Int) -> JSONValue {
            .string(
                "\(limit), however you requested \(count + maxTokens) tokens (\(count) in your prompt; \(maxTokens) for "
                    + "the completion). Please reduce your prompt.")
        }
        try await withShortToy { client in
            let error = try await refusal("/v1/completions", ["prompt": .string(text), "max_tokens": 20], in: client)
            #expect(error?["message"] == sentence(20))
            #expect(error?["code"] == "context_length_exceeded" && error?["param"] == "prompt")
            let ollama = try await refusal(
                "/api/generate", ["prompt": .string(text), "raw": true, "truncate": false], in: client)
            #expect(ollama == sentence(1))
        }
    }

    @Test func `an input to embed is counted alone`() async throws {
        let count = toy.encode(text, model: "toy").count
        let sentence = JSONValue.string(
            "\(limit). However, you requested \(count) tokens in the input for embedding generation. Please reduce the "
                + "length of the input.")
        try await withShortToy { client in
            let error = try await refusal("/v1/embeddings", ["input": ["a", .string(text)]], in: client)
            #expect(error?["message"] == sentence)
            #expect(error?["code"] == "context_length_exceeded" && error?["param"] == "input")
            #expect(
                try await refusal("/api/embed", ["input": .string(text), "truncate": false], in: client) == sentence)
        }
    }
}
