import Martlet
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletToy

/// One conversation has the same reply through every chat API, whole and streamed.
@Suite(.serialized)
struct ChatAPIAgreementTests {
    private static let weather: JSONValue = [
        "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"],
        "additionalProperties": false,
    ]
    private static let answer: JSONValue = [
        "type": "object", "properties": ["answer": ["type": "integer"]], "required": ["answer"],
        "additionalProperties": false,
    ]

    static let conversations: [(name: String, conversation: APIConversation)] = [
        ("text", APIConversation(question: "What is the capital of France?")),
        ("a system prompt", APIConversation(question: "What is 12 plus 30?", system: "Be brief.")),
        ("sampling", APIConversation(question: "Tell me a story.", seed: 7, temperature: 0.9, topP: 0.95)),
        ("more sampling", APIConversation(question: "Say hello.", seed: 11, temperature: 1, topP: 0.9)),
        ("thinking", APIConversation(question: "What is 7 times 8?", thinks: true)),
        ("a call", APIConversation(question: "What is the weather in Oslo?", tools: [("get_weather", weather)])),
        (
            "a call that is required",
            APIConversation(
                question: "Say hello.", tools: [("get_weather", weather), ("calculate", answer)], requiresCall: true,
                maxTokens: 100, seed: 3, temperature: 0.7)
        ),
        ("a JSON schema", APIConversation(question: "What is 3 plus 4?", schema: answer, maxTokens: 60)),
        ("a stop string", APIConversation(question: "What is the capital of France?", stop: [" is"])),
        ("a limit", APIConversation(question: "What is the capital of France?", maxTokens: 3)),
        ("a limit within thinking", APIConversation(question: "What is 7 times 8?", thinks: true, maxTokens: 4)),
    ]

    @Test(arguments: conversations)
    func `a conversation has the same reply through every API, whole and streamed`(
        _ name: String, _ conversation: APIConversation
    ) async throws {
        try await withToy { client, _ in
            let expected = try await ChatAPI.chatCompletions.reply(to: conversation, isStreamed: false, over: client)
            #expect(!(expected.text + expected.thinking + expected.calls.joined()).isEmpty)
            for api in ChatAPI.allCases {
                // Ollama's API cannot require a call.
                if api == .ollama && conversation.requiresCall { continue }
                for isStreamed in [false, true] {
                    let reply = try await api.reply(to: conversation, isStreamed: isStreamed, over: client)
                    #expect(reply == expected, "\(name) through \(api), \(isStreamed ? "streamed" : "whole")")
                }
            }
        }
    }

    @Test func `the conversations have different kinds of replies`() async throws {
        try await withToy { client, _ in
            var replies: [String: APIReply] = [:]
            for (name, conversation) in Self.conversations {
                replies[name] = try await ChatAPI.chatCompletions.reply(
                    to: conversation, isStreamed: false, over: client)
            }
            #expect(replies["text"]?.text.contains("Paris") == true)
            #expect(replies["thinking"]?.thinking.isEmpty == false)
            #expect(replies["a call"]?.reason == "tool_calls")
            #expect(replies["a call that is required"]?.calls.isEmpty == false)
            #expect(replies["a JSON schema"]?.text.hasPrefix("{") == true)
            #expect(replies["a stop string"]?.text == "The capital of France")
            #expect(replies["a limit"]?.reason == "length")
            #expect(replies["a limit within thinking"]?.text == "")
        }
    }
}
