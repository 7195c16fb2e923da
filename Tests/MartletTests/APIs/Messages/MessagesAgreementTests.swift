import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Testing

@testable import Martlet

/// A streamed message and a whole one have the same blocks, end and usage.
@Suite(.serialized)
struct MessagesAgreementTests {
    struct Reply: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let events: [StreamEvent]
        var more = ""
        let content: JSONValue
        let reason: String
        var sequence: JSONValue = .null

        init(
            _ name: String, _ events: [StreamEvent], with more: String = "", _ content: JSONValue, _ reason: String,
            _ sequence: JSONValue = .null
        ) {
            (testDescription, self.events, self.more) = (name, events, more)
            (self.content, self.reason, self.sequence) = (content, reason, sequence)
        }
    }

    private static func call(_ index: Int, _ arguments: String, isFirst: Bool = true) -> StreamEvent {
        .toolCall(
            ToolCallFragment(
                index: index, id: isFirst ? "id\(index)" : nil, name: isFirst ? "f" : nil, arguments: arguments))
    }

    private static func use(_ index: Int, _ input: JSONValue) -> JSONValue {
        ["type": "tool_use", "id": .string("id\(index)"), "name": "f", "input": input]
    }

    private static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text)] }
    private static func thinking(_ text: String) -> JSONValue {
        ["type": "thinking", "thinking": .string(text), "signature": "martlet.1"]
    }

    static let replies: [Reply] = [
        Reply("text", [.text("Hel"), .text("lo \"w\"\n😀")], [text("Hello \"w\"\n😀")], "end_turn"),
        Reply("nothing", [], [], "end_turn"),
        Reply(
            "a stop sequence", [.text("a. b")], with: #""stop_sequences":["x","."]"#, [text("a")], "stop_sequence",
            "."),
        Reply("a limit", [.text("a"), .text("b"), .text("c")], with: #""max_tokens":2"#, [text("ab")], "max_tokens"),
        Reply(
            "the end of the context", [.text("a"), .finish(.length)], [text("a")], "model_context_window_exceeded"),
        Reply("a content filter", [.text("a"), .finish(.contentFilter)], [text("a")], "refusal"),
        Reply(
            "thinking", [.reasoning("h"), .reasoning("m"), .text("a")], [thinking("hm"), text("a")], "end_turn"),
        Reply("thinking only", [.reasoning("hm")], with: #""max_tokens":1"#, [thinking("hm")], "max_tokens"),
        Reply(
            "thinking between texts", [.text("a"), .reasoning("hm"), .text("b")],
            [text("a"), thinking("hm"), text("b")], "end_turn"),
        Reply(
            "two calls", [.text("a"), call(0, #"{"x""#), call(0, ":1}", isFirst: false), call(1, "{}")],
            [text("a"), use(0, ["x": 1]), use(1, [:])], "tool_use"),
        Reply("a call without arguments", [call(0, "")], [use(0, [:])], "tool_use"),
        Reply(
            "interleaved calls",
            [
                call(0, #"{"x":"#), call(1, #"{"y":"#), call(0, "1}", isFirst: false), call(1, "2}", isFirst: false),
            ], [use(0, ["x": 1]), use(1, ["y": 2])], "tool_use"),
        Reply(
            "text after calls", [call(0, #"{"x":1}"#), .text("a"), call(1, "{}")],
            [use(0, ["x": 1]), text("a"), use(1, [:])], "tool_use"),
        Reply(
            "one call at a time", [call(0, "{}"), call(1, "{}")],
            with: #""tools":[{"name":"f","input_schema":{"type":"object"}}],"#
                + #""tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#,
            [use(0, [:])], "tool_use"),
        Reply(
            "a call cut by the limit", [call(0, #"{"x":1,"y":"ab"#), call(0, #"c"}"#, isFirst: false)],
            with: #""max_tokens":1"#, [use(0, ["x": 1, "y": "ab"])], "max_tokens"),
        Reply("arguments that are no object", [call(0, "[1]")], [use(0, [:])], "tool_use"),
        Reply("arguments that are not JSON", [call(0, "{x: 1}")], [use(0, [:])], "tool_use"),
    ]

    @Test(arguments: replies) func `a streamed message has the blocks of a whole one`(reply: Reply) async throws {
        let usage = StreamEvent.usage(promptTokens: 9, cachedTokens: 4)
        var backend = ScriptedBackend((reply.events + [usage]).map { .emit($0) })
        backend.capabilities = [.tools, .toolChoice, .reasoning]
        try await withClient(of: backend) { client, _ in
            let response = try await client.messages(reply.more)
            #expect(response.code == 200, "\(response.text)")
            let whole = try AssembledMessage(whole: response.json())
            #expect(whole.blocks.map(JSONValue.object) == reply.content.array)
            #expect(whole.end == ["stop_reason": .string(reply.reason), "stop_sequence": reply.sequence])
            let more = reply.more.isEmpty ? "" : ",\(reply.more)"
            let events = try await client.messages(#""stream":true\#(more)"#).messagesEvents()
            #expect(try AssembledMessage(events) == whole)
        }
    }

    @Test func `input tokens are those that no cache had`() async throws {
        let backend = ScriptedBackend([.emit(.usage(promptTokens: 9, cachedTokens: 4)), .text("a")])
        try await withClient(of: backend) { client, _ in
            let usage: JSONValue = [
                "input_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 4, "output_tokens": 1,
            ]
            #expect(try await client.messages().json()["usage"] == usage)
            let events = try await client.messages(#""stream":true"#).messagesEvents()
            var start = usage.object ?? [:]
            start["output_tokens"] = 0
            #expect(events.first?["message"]?["usage"] == .object(start))
            #expect(events[events.count - 2]["usage"] == usage)
        }
    }

    @Test func `arguments of any text are an object`() {
        for (text, input) in [
            ("", [:]), ("{", [:]), (#"{"a":tr"#, [:]), (#"{"a":1"#, [:]), (#"{"a":1,"#, ["a": 1]), ("null", [:]),
            (#"{"a":1}}"#, [:]), (#"{"a":{"b":[1,"x"#, ["a": ["b": [1, "x"]]]),
        ] as [(String, JSONObject)] {
            #expect(MessagesFormat.input(of: Array(text.utf8)) == input, "\(text)")
        }
        #expect(MessagesFormat.input(of: [0x7B, 0x22, 0xFF]) == [:])
    }
}
