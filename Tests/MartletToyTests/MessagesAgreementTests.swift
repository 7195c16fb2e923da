import Martlet
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletToy

/// Anthropic's API has the same replies as OpenAI's.
struct MessagesAgreementTests {
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
    private static let schema: JSONValue = ["type": "object", "properties": ["city": ["type": "string"]]]

    private static func reason(_ message: JSONValue?) -> String {
        switch message?["stop_reason"]?.string {
        case "end_turn", "stop_sequence": "stop"
        case "max_tokens", "model_context_window_exceeded": "length"
        case "tool_use": "tool_calls"
        case let other: other ?? ""
        }
    }

    private static func addUsage(_ usage: JSONValue?, to reply: inout Reply) {
        let counts = ["input_tokens", "cache_read_input_tokens", "output_tokens"].map { usage?[$0]?.number?.int ?? -99 }
        (reply.promptTokens, reply.tokens) = (counts[0] + counts[1], counts[2])
    }

    private func messages(_ body: JSONObject, in client: RawClient) async throws -> Reply {
        let response = try await client.ask(.post, "/v1/messages", body: JSONValue.object(body).description).json()
        var reply = Reply(reason: Self.reason(response))
        for block in response["content"]?.array ?? [] {
            reply.text += block["text"]?.string ?? ""
            reply.thinking += block["thinking"]?.string ?? ""
            if let input = block["input"] { reply.calls.append(["name": block["name"] ?? .null, "arguments": input]) }
        }
        Self.addUsage(response["usage"], to: &reply)
        return reply
    }

    private func messagesStream(_ body: JSONObject, in client: RawClient) async throws -> Reply {
        var body = body
        body["stream"] = true
        let response = try await client.ask(.post, "/v1/messages", body: JSONValue.object(body).description)
        var reply = Reply()
        var (name, arguments) = (JSONValue.null, "")
        for event in response.events {
            let data = try #require(event.split(separator: "\n").last?.dropFirst("data: ".count))
            let event = try JSONValue(parsing: Array(data.utf8))
            name = event["content_block"]?["name"] ?? name
            let delta = event["delta"]
            reply.text += delta?["text"]?.string ?? ""
            reply.thinking += delta?["thinking"]?.string ?? ""
            arguments += delta?["partial_json"]?.string ?? ""
            if event["type"] == "content_block_stop", !name.isNull {
                reply.calls.append(["name": name, "arguments": try JSONValue(parsing: Array(arguments.utf8))])
                (name, arguments) = (.null, "")
            }
            if event["type"] == "message_delta" {
                reply.reason = Self.reason(delta)
                Self.addUsage(event["usage"], to: &reply)
            }
        }
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
        reply.calls = try (choice?["message"]?["tool_calls"]?.array ?? []).map { call in
            let arguments = try JSONValue(parsing: Array((call["function"]?["arguments"]?.string ?? "").utf8))
            return ["name": call["function"]?["name"] ?? .null, "arguments": arguments]
        }
        reply.reason = choice?["finish_reason"]?.string ?? ""
        reply.promptTokens = response["usage"]?["prompt_tokens"]?.number?.int ?? -2
        reply.tokens = response["usage"]?["completion_tokens"]?.number?.int ?? -2
        return reply
    }

    @Test func `a seeded message has the same reply streamed, whole, and through OpenAI's API`() async throws {
        try await withToy { client, _ in
            var replies: Set<String> = []
            for round in 0..<36 {
                let common: JSONObject = [
                    "messages": [["role": "user", "content": .string(Self.questions[round % 6])]],
                    "seed": .number(JSONNumber(round)), "temperature": [0, 0.8, 1][round % 3], "top_p": 0.9, "top_k": 20,
                    "max_tokens": .number(JSONNumber(round % 4 == 0 ? 30 : 60)),
                ]
                var (body, chat) = (common, common)
                if round % 5 == 0 { (body["stop_sequences"], chat["stop"]) = (["is"], ["is"]) }
                if round % 2 == 0 {
                    body["tools"] = [["name": "get_weather", "input_schema": Self.schema]]
                    chat["tools"] = [
                        ["type": "function", "function": ["name": "get_weather", "parameters": Self.schema]]
                    ]
                } else {
                    body["thinking"] = ["type": "adaptive"]
                    chat["reasoning_effort"] = "high"
                }
                let expected = try await openAI(chat, in: client)
                #expect(try await messages(body, in: client) == expected, "round \(round)")
                #expect(try await messagesStream(body, in: client) == expected, "round \(round)")
                replies.insert("\(expected.text)\(expected.thinking)\(expected.calls)")
            }
            #expect(replies.count > 8)
        }
    }

    @Test func `a count is the tokens of the prompt, and a prefill is continued`() async throws {
        try await withToy { client, _ in
            let question = #""messages":[{"role":"user","content":"What is the capital of France?"}"#
            let count = try await client.ask(.post, "/v1/messages/count_tokens", body: "{\(question)]}").json()
            let body = #"{"max_tokens":20,"temperature":0,\#(question)"#
            let reply = try await client.ask(.post, "/v1/messages", body: "\(body)]}").json()
            let usage = reply["usage"]
            let prompt = ["input_tokens", "cache_read_input_tokens"].reduce(0) { $0 + (usage?[$1]?.number?.int ?? -99) }
            #expect(count == ["input_tokens": .number(JSONNumber(prompt))])
            let text = try #require(reply["content"]?[0]?["text"]?.string)
            let beginning = "The capital"
            #expect(text.hasPrefix(beginning))
            let rest = try await client.ask(
                .post, "/v1/messages", body: "\(body),{\"role\":\"assistant\",\"content\":\"\(beginning)\"}]}"
            ).json()
            #expect(rest["content"]?[0]?["text"]?.string.map { beginning + $0 } == text)
        }
    }

    @Test func `a prompt that leaves no room is too long in Anthropic's words, and a long limit is not`() async throws {
        try await withToy { client, _ in
            let long = try await client.ask(
                .post, "/v1/messages",
                body: #"{"max_tokens":9,"messages":[{"role":"user","content":"\#(String(repeating: "x ", count: 999))"}]}"#)
            #expect(long.code == 400)
            #expect(try long.json()["error"]?["message"]?.string?.hasPrefix("prompt is too long: ") == true)
            let open = try await client.ask(
                .post, "/v1/messages", body: #"{"max_tokens":16384,"messages":[{"role":"user","content":"Say hello."}]}"#)
            #expect(open.code == 200)
        }
    }
}
