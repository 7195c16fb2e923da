import Martlet
import MartletEngine
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletToy

/// The Responses API has the same replies as chat completions.
struct ResponsesAgreementTests {
    private struct Reply: Equatable {
        var text = ""
        var reasoning = ""
        var calls: [[String]] = []
        var isCut = false
        var promptTokens = 0
        var tokens = 0
    }

    private static let questions = [
        "What is the capital of France?", "What is the weather in Oslo?", "What is 12 plus 30?", "Say hello.",
        "Tell me a story about Ada 😀", "What is 7 times 8?",
    ]
    private static let schema = #"{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"#

    private func members(_ text: String) throws -> JSONObject {
        try JSONValue(parsing: Array(text.utf8)).object ?? [:]
    }

    private func chat(_ response: JSONValue) -> Reply {
        let choice = response["choices"]?[0]
        var reply = Reply()
        reply.text = choice?["message"]?["content"]?.string ?? ""
        reply.reasoning = choice?["message"]?["reasoning_content"]?.string ?? ""
        reply.calls = (choice?["message"]?["tool_calls"]?.array ?? []).map { call in
            ["name", "arguments"].map { call["function"]?[$0]?.string ?? "" }
        }
        reply.isCut = choice?["finish_reason"] == "length"
        reply.promptTokens = response["usage"]?["prompt_tokens"]?.number?.int ?? -1
        reply.tokens = response["usage"]?["completion_tokens"]?.number?.int ?? -1
        return reply
    }

    private func reply(_ response: JSONValue?) -> Reply {
        var reply = Reply()
        for item in response?["output"]?.array ?? [] {
            let text = item["content"]?[0]?["text"]?.string ?? ""
            switch item["type"]?.string {
            case "message": reply.text += text
            case "reasoning": reply.reasoning += text
            case "function_call": reply.calls.append(["name", "arguments"].map { item[$0]?.string ?? "" })
            default: reply.text += "an unknown item"
            }
        }
        reply.isCut = response?["status"] == "incomplete"
        reply.promptTokens = response?["usage"]?["input_tokens"]?.number?.int ?? -2
        reply.tokens = response?["usage"]?["output_tokens"]?.number?.int ?? -2
        return reply
    }

    /// The members of a chat completion and of a response that ask for the same in a round.
    private func requests(_ round: Int) throws -> (chat: JSONObject, response: JSONObject) {
        let limit = round % 4 == 0 ? 4 : 60
        let stop = round % 5 == 0 ? #","stop":["is"]"# : ""
        let sampling = #""seed":\#(round),"temperature":\#([0, 0.8, 1.2][round % 3]),"top_p":0.9\#(stop)"#
        let question = JSONValue.string(Self.questions[round % 6]).description
        var chat = #"{\#(sampling),"max_tokens":\#(limit),"messages":[{"role":"user","content":\#(question)}]"#
        var response = #"{\#(sampling),"max_output_tokens":\#(limit),"input":\#(question)"#
        switch round % 4 {
        case 0, 1:
            let function = #""name":"get_weather","parameters":\#(Self.schema)"#
            chat += #","tools":[{"type":"function","function":{\#(function)}}]"#
            response += #","tools":[{"type":"function",\#(function)}]"#
        case 2:
            chat += #","reasoning_effort":"high""#
            response += #","reasoning":{"effort":"high"}"#
        default:
            let schema = #""name":"city","schema":\#(Self.schema)"#
            chat += #","response_format":{"type":"json_schema","json_schema":{\#(schema)}}"#
            response += #","text":{"format":{"type":"json_schema",\#(schema)}}"#
        }
        return (try members(chat + "}"), try members(response + "}"))
    }

    @Test func `a seeded conversation has the same reply streamed, whole, and through chat completions`() async throws {
        try await withToy { client, _ in
            var replies: Set<String> = []
            for round in 0..<24 {
                let (body, response) = try requests(round)
                var request = response
                let expected = try await chat(
                    client.ask(.post, "/v1/chat/completions", body: JSONValue.object(body).description).json())
                let whole = try await client.ask(.post, "/v1/responses", body: JSONValue.object(request).description)
                #expect(reply(try whole.json()) == expected, "round \(round)")
                request["stream"] = true
                let streamed = try await client.ask(.post, "/v1/responses", body: JSONValue.object(request).description)
                let last = try #require(streamed.events.last?.split(separator: "\n").last?.dropFirst("data: ".count))
                #expect(
                    reply(try JSONValue(parsing: Array(last.utf8))["response"]) == expected, "round \(round)")
                let count = try await client.ask(
                    .post, "/v1/responses/input_tokens", body: JSONValue.object(request).description)
                #expect(try count.json()["input_tokens"]?.number?.int == expected.promptTokens)
                replies.insert("\(expected)")
            }
            #expect(replies.count > 8)
        }
    }

    @Test func `a conversation that is too long is a 400, or loses its oldest messages`() async throws {
        try await withShortToy { client in
            let item = JSONValue.object(["role": "user", "content": .string(String(repeating: "a dog ", count: 60))])
            let input = JSONValue.array([item, item, ["role": "user", "content": "What is the capital of France?"]])
            var body: JSONObject = ["input": input, "temperature": 0]
            let refused = try await client.ask(.post, "/v1/responses", body: JSONValue.object(body).description)
            #expect(refused.code == 400)
            #expect(try refused.json()["error"]?["code"] == "context_length_exceeded")
            #expect(try refused.json()["error"]?["param"] == "input")
            body["truncation"] = "auto"
            let cut = try await client.ask(.post, "/v1/responses", body: JSONValue.object(body).description)
            #expect(cut.code == 200)
            #expect(reply(try cut.json()).text.contains("Paris"))
            #expect(try cut.json()["truncation"] == "auto")
        }
    }
}
