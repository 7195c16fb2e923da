import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ChatFormatTests {
    static let chunks: [(delta: ReplyDelta, json: String)] = [
        (.start, #"{"index":2,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}"#),
        (
            .text(Array("Hello".utf8), []),
            #"{"index":2,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}"#
        ),
        (
            .text(Array("no id in a chat".utf8), emitted(7)),
            #"{"index":2,"delta":{"content":"no id in a chat"},"logprobs":null,"finish_reason":null}"#
        ),
        (
            .reasoning("so \"that\""),
            #"{"index":2,"delta":{"reasoning_content":"so \"that\""},"logprobs":null,"finish_reason":null}"#
        ),
        (
            .toolCall(ToolCallFragment(index: 0, id: "call_x", name: "f")),
            #"{"index":2,"delta":{"tool_calls":[{"index":0,"id":"call_x","type":"function","#
                + #""function":{"name":"f","arguments":""}}]},"logprobs":null,"finish_reason":null}"#
        ),
        (
            .toolCall(ToolCallFragment(index: 3, arguments: "{\"a\"")),
            #"{"index":2,"delta":{"tool_calls":[{"index":3,"function":{"arguments":"{\"a\""}}]},"#
                + #""logprobs":null,"finish_reason":null}"#
        ),
        (.finish(.stop), #"{"index":2,"delta":{},"logprobs":null,"finish_reason":"stop"}"#),
        (.finish(.toolCalls), #"{"index":2,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}"#),
    ]

    @Test(arguments: chunks)
    func `each delta is one choice of a chunk`(_ delta: ReplyDelta, _ json: String) throws {
        var bytes = Array("before".utf8)
        ChatFormat().appendChoice(2, delta, of: ReplyPlan.Prompt(), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "before" + json)
        #expect(try JSONValue(parsing: Array(bytes.dropFirst(6))).description == json, "it is JSON")
    }

    private static func written(_ choice: AssembledChoice, index: Int = 0) -> String {
        var writer = JSONWriter()
        ChatFormat().write(choice, index: index, of: ReplyPlan.Prompt(), to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func assembled(_ deltas: ReplyDelta...) -> AssembledChoice {
        var choice = AssembledChoice()
        for delta in deltas { choice.receive(delta) }
        return choice
    }

    @Test func `an assembled choice is a message`() {
        #expect(
            Self.written(Self.assembled(.text(Array("Hello".utf8), emitted(5)), .finish(.stop)), index: 1)
                == #"{"index":1,"message":{"role":"assistant","content":"Hello","refusal":null},"#
                + #""logprobs":null,"finish_reason":"stop"}"#)
    }

    @Test func `a message without text has empty content`() {
        #expect(
            Self.written(Self.assembled(.finish(.length)))
                == #"{"index":0,"message":{"role":"assistant","content":"","refusal":null},"#
                + #""logprobs":null,"finish_reason":"length"}"#)
    }

    @Test func `a message with only tool calls has null content`() {
        let call = ToolCallFragment(index: 0, id: "call_x", name: "f", arguments: #"{"a":1}"#)
        #expect(
            Self.written(Self.assembled(.toolCall(call), .finish(.toolCalls)))
                == #"{"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":["#
                + #"{"id":"call_x","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"#
                + #""logprobs":null,"finish_reason":"tool_calls"}"#)
    }

    @Test func `a message may have text, reasoning and tool calls`() {
        let call = ToolCallFragment(index: 0, id: "call_x", name: "f")
        #expect(
            Self.written(
                Self.assembled(.reasoning("hm"), .text([0x61], []), .toolCall(call), .finish(.toolCalls)))
                == #"{"index":0,"message":{"role":"assistant","content":"a","refusal":null,"reasoning_content":"hm","#
                + #""tool_calls":[{"id":"call_x","type":"function","function":{"name":"f","arguments":""}}]},"#
                + #""logprobs":null,"finish_reason":"tool_calls"}"#)
    }

    static let hostile = [
        #"a "quoted" \back\\slash / "#, "\0\u{1}\u{8}\t\n\u{B}\u{C}\r\u{1F}\u{7F}", "\u{2028}\u{2029}\u{FEFF}\u{FFFD}",
        "👩‍👩‍👧😀é€", "\r\n\r\n", #"","role":"system","x":""#, "</script><!--",
    ]

    @Test(arguments: hostile)
    func `no text can break out of its JSON string or its line`(_ text: String) throws {
        let fragment = ToolCallFragment(index: 0, id: text, name: text, arguments: text)
        for delta in [.text(Array(text.utf8), []), .reasoning(text), .toolCall(fragment)] as [ReplyDelta] {
            var bytes: [UInt8] = []
            ChatFormat().appendChoice(0, delta, of: ReplyPlan.Prompt(), to: &bytes)
            #expect(!bytes.contains { $0 < 0x20 }, "an event's data is one line")
            let emitted = try #require(try JSONValue(parsing: bytes).object?["delta"]?.object)
            switch delta {
            case .text: #expect(emitted == ["content": .string(text)])
            case .reasoning: #expect(emitted == ["reasoning_content": .string(text)])
            default:
                let function: JSONValue = ["name": .string(text), "arguments": .string(text)]
                #expect(
                    emitted["tool_calls"]
                        == [["index": 0, "id": .string(text), "type": "function", "function": function]])
            }
        }
        let whole = Self.assembled(.text(Array(text.utf8), []), .reasoning(text), .toolCall(fragment))
        let message = try JSONValue(parsing: Array(Self.written(whole).utf8)).object?["message"]?.object
        #expect(message?["content"] == .string(text))
        #expect(message?["reasoning_content"] == .string(text))
        #expect(message?["tool_calls"]?.array?.first?.object?["function"]?.object?["arguments"] == .string(text))
    }

    @Test func `log-probabilities are objects with four members`() {
        let token = Token(
            id: 7, bytes: [0xE2, 0x82], logprob: -0.5,
            topLogprobs: [.init(bytes: [0x61], logprob: -0.25), .init(bytes: [], logprob: -.infinity)])
        let entry =
            #"{"content":[{"token":"\#u{FFFD}","logprob":-0.5,"bytes":[226,130],"top_logprobs":["#
            + #"{"token":"a","logprob":-0.25,"bytes":[97]},{"token":"","logprob":-9999.0,"bytes":[]}]}],"refusal":null}"#
        var bytes: [UInt8] = []
        ChatFormat(topLogprobs: 2).appendChoice(
            0, .text([], [EmittedToken(token: token, offset: 0)]), of: ReplyPlan.Prompt(), to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"index":0,"delta":{"content":""},"logprobs":"# + entry + #","finish_reason":null}"#)
        var writer = JSONWriter()
        let choice = Self.assembled(.text([], [EmittedToken(token: token, offset: 0)]), .finish(.stop))
        ChatFormat(topLogprobs: 2).write(choice, index: 0, of: ReplyPlan.Prompt(), to: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self).contains(#""logprobs":"# + entry + ","))
    }
}
