import Martlet
import MartletEngine
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletToy

/// Ollama's API truncates what is longer than the context, unless the client refuses that.
struct OllamaTruncationTests {
    private let toy = ToyBackend(Fixture.model)
    private let long = String(repeating: "Tell me more about the dog and the cat. ", count: 60)

    private func message(_ role: String, _ text: String) -> JSONValue {
        ["role": .string(role), "content": .string(text)]
    }

    /// Forty questions with their answers behind an instruction, and one more question.
    private var history: [JSONValue] {
        var messages = [message("system", "You are a helpful assistant.")]
        for number in 0..<40 {
            messages.append(message("user", "What is \(number) plus \(number)?"))
            messages.append(message("assistant", "\(number + number)"))
        }
        messages.append(message("user", "What is the capital of France?"))
        return messages
    }

    private func ask(_ client: RawClient, _ path: String, _ more: JSONObject) async throws -> (Int, JSONValue) {
        var body: JSONObject = ["stream": false, "options": ["temperature": 0]]
        for (name, value) in more { body[name] = value }
        let response = try await client.ask(.post, path, body: JSONValue.object(body).description)
        return (response.code, try response.json())
    }

    private func tokenCount(_ messages: ArraySlice<JSONValue>, after first: JSONValue) throws -> Int {
        let request = ChatRequest(
            model: "toy", messages: ([first] + messages).compactMap { $0.object.flatMap(ChatMessage.init(json:)) })
        return try toy.applyTemplate(request).count
    }

    @Test func `the oldest messages of a long history are dropped, the system's and the newest stay`() async throws {
        let messages = history
        // As many of the newest as leave a quarter of the context free.
        let kept = try messages.indices.dropFirst().first {
            try tokenCount(messages[$0...], after: messages[0]) <= ShortToy.contextLength * 3 / 4
        }
        let expected = try tokenCount(messages[try #require(kept)...], after: messages[0])
        #expect(try #require(kept) > 1 && expected > 128)
        try await withShortToy { client in
            let (code, reply) = try await ask(client, "/api/chat", ["messages": .array(messages)])
            #expect(code == 200)
            #expect(reply["prompt_eval_count"]?.number?.int == expected)
            #expect(reply["message"]?["content"]?.string?.contains("Paris") == true)
            #expect(reply["done_reason"] == "stop")
        }
    }

    @Test func `a history that fits is unchanged`() async throws {
        let messages = Array(history.prefix(1) + history.suffix(3))
        let expected = try tokenCount(messages[1...], after: messages[0])
        try await withShortToy { client in
            let (_, reply) = try await ask(client, "/api/chat", ["messages": .array(messages)])
            #expect(reply["prompt_eval_count"]?.number?.int == expected)
        }
    }

    @Test func `without truncation a long history is refused`() async throws {
        try await withShortToy { client in
            let (code, reply) = try await ask(client, "/api/chat", ["messages": .array(history), "truncate": false])
            #expect(code == 400)
            #expect(reply["error"]?.string?.hasPrefix("This model's maximum context length is") == true)
            let (other, fault) = try await ask(client, "/api/chat", ["messages": .array(history), "truncate": "no"])
            #expect(other == 400 && fault["error"]?.string?.hasPrefix("`truncate` must be") == true)
        }
    }

    @Test func `a newest message that is too long keeps its end`() async throws {
        let question = long + "What is the capital of France?"
        try await withShortToy { client in
            for (path, members) in [
                ("/api/chat", ["messages": [message("system", "Be brief."), message("user", question)]]),
                ("/api/generate", ["system": "Be brief.", "prompt": .string(question)]),
            ] as [(String, JSONObject)] {
                let (code, reply) = try await ask(client, path, members)
                #expect(code == 200, "\(reply)")
                #expect((129...192).contains(reply["prompt_eval_count"]?.number?.int ?? 0))
                var members = members
                members["truncate"] = false
                #expect(try await ask(client, path, members).0 == 400)
            }
        }
    }

    @Test func `a system message that leaves no room is refused`() async throws {
        try await withShortToy { client in
            let (code, reply) = try await ask(
                client, "/api/chat", ["messages": [message("system", long), message("user", "Hi")]])
            #expect(code == 400)
            #expect(reply["error"]?.string?.hasPrefix("This model's maximum context length is") == true)
        }
    }

    @Test func `a raw prompt and a context keep their beginning and their end`() async throws {
        let ids = toy.encode(long, model: "toy")
        try await withShortToy { client in
            for more in [
                ["prompt": .string(long)],
                ["prompt": " a dog", "context": .array(ids.map { .number(JSONNumber($0)) })],
            ] as [JSONObject] {
                var members = more
                members["raw"] = true
                members["options"] = ["num_predict": 10, "temperature": 0]
                let (code, reply) = try await ask(client, "/api/generate", members)
                #expect(code == 200, "\(reply)")
                #expect(reply["prompt_eval_count"] == 246)
                #expect((1...10).contains(reply["eval_count"]?.number?.int ?? 0))
                let context = reply["context"]?.array?.compactMap { $0.number?.int } ?? []
                #expect(Array(context.prefix(4)) == Array(ids.prefix(4)))
                let all = ids + (more["context"] == nil ? [] : toy.encode(" a dog", model: "toy"))
                #expect(Array(context[4..<246]) == Array(all.suffix(242)))
                members["truncate"] = false
                #expect(try await ask(client, "/api/generate", members).0 == 400)
            }
        }
    }
}
