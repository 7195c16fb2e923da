import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct CompletionFormatTests {
    static let chunks: [(delta: ReplyDelta, json: String)] = [
        (.start, ""),
        (.text(Array(" wor".utf8), []), #"{"text":" wor","index":2,"logprobs":null,"finish_reason":null}"#),
        (.text([0x61], emitted(7)), #"{"text":"a","index":2,"ids":[7],"logprobs":null,"finish_reason":null}"#),
        (.text([], emitted(0)), #"{"text":"","index":2,"ids":[0],"logprobs":null,"finish_reason":null}"#),
        (.reasoning("hm"), ""),
        (.toolCall(ToolCallFragment(index: 0, id: "call_x", name: "f")), ""),
        (.finish(.length), #"{"text":"","index":2,"logprobs":null,"finish_reason":"length"}"#),
    ]

    @Test(arguments: chunks)
    func `each delta is one choice of a chunk, or nothing at all`(_ delta: ReplyDelta, _ json: String) throws {
        var bytes = Array("before".utf8)
        CompletionFormat(includesIDs: true).appendChoice(2, delta, of: ReplyPlan.Prompt(), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "before" + json)
        if !json.isEmpty {
            #expect(try JSONValue(parsing: Array(bytes.dropFirst(6))).description == json, "it is JSON")
        }
    }

    private static func written(_ deltas: ReplyDelta..., index: Int = 0) -> String {
        var choice = AssembledChoice()
        for delta in deltas { choice.receive(delta) }
        var writer = JSONWriter()
        CompletionFormat(includesIDs: true).write(choice, index: index, of: ReplyPlan.Prompt(), to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `an assembled choice has its text`() {
        #expect(
            Self.written(.text(Array(" world".utf8), []), .finish(.length), index: 3)
                == #"{"text":" world","index":3,"logprobs":null,"finish_reason":"length"}"#)
        #expect(Self.written(.finish(.stop)) == #"{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}"#)
    }

    @Test func `an assembled choice has the emitted token ids, and no reasoning`() {
        #expect(
            Self.written(.text([0x61], emitted(7)), .reasoning("hm"), .text([], emitted(8)), .finish(.stop))
                == #"{"text":"a","index":0,"ids":[7,8],"logprobs":null,"finish_reason":"stop"}"#)
    }

    @Test(arguments: ChatFormatTests.hostile)
    func `no text can break out of its JSON string or its line`(_ text: String) throws {
        var bytes: [UInt8] = []
        CompletionFormat().appendChoice(0, .text(Array(text.utf8), []), of: ReplyPlan.Prompt(), to: &bytes)
        #expect(!bytes.contains { $0 < 0x20 }, "an event's data is one line")
        let expected: JSONValue = ["text": .string(text), "index": 0, "logprobs": .null, "finish_reason": .null]
        #expect(try JSONValue(parsing: bytes) == expected)
        let whole = try JSONValue(parsing: Array(Self.written(.text(Array(text.utf8), [])).utf8))
        #expect(whole.object?["text"] == .string(text))
    }

    // MARK: Log-probabilities and ids

    private static let token = Token(
        id: 7, bytes: Array(" a".utf8), logprob: -0.5,
        topLogprobs: [.init(bytes: Array(" the".utf8), logprob: -0.25), .init(bytes: [0xE2, 0x82], logprob: -3)])

    private static func chunk(_ format: CompletionFormat, _ delta: ReplyDelta, _ prompt: ReplyPlan.Prompt = .init())
        -> String
    {
        var bytes: [UInt8] = []
        format.appendChoice(0, delta, of: prompt, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `log-probabilities are four arrays`() {
        #expect(
            Self.chunk(CompletionFormat(topLogprobs: 2), .text([0x61], [EmittedToken(token: Self.token, offset: 5)]))
                == #"{"text":"a","index":0,"logprobs":{"tokens":[" a"],"token_logprobs":[-0.5],"#
                + #""top_logprobs":[{" the":-0.25,"bytes:\\xe2\\x82":-3.0," a":-0.5}],"text_offset":[5]},"#
                + #""finish_reason":null}"#)
    }

    @Test func `without alternatives the token itself is listed`() {
        #expect(
            Self.chunk(CompletionFormat(topLogprobs: 0), .text([], [EmittedToken(token: Self.token, offset: 0)]))
                .contains(#""top_logprobs":[{" a":-0.5}]"#))
    }

    @Test func `a prompt's first token has no log-probability`() {
        let tokens = [
            EmittedToken(token: Token(id: 1, bytes: [0x62]), offset: 0), EmittedToken(token: Self.token, offset: 1),
        ]
        let chunk = Self.chunk(CompletionFormat(topLogprobs: 1), .prompt(Array("b a".utf8), tokens))
        #expect(chunk.hasPrefix(#"{"text":"b a","index":0,"#))
        #expect(chunk.contains(#""token_logprobs":[null,-0.5],"top_logprobs":[null,{" the":-0.25," a":-0.5}]"#))
        #expect(chunk.contains(#""text_offset":[0,1]"#))
    }

    @Test func `of two alternatives with the same name the likelier is listed`() {
        var token = Self.token
        token.topLogprobs = [.init(bytes: [0x61], logprob: -1), .init(bytes: [0x61], logprob: -2)]
        let chunk = Self.chunk(CompletionFormat(topLogprobs: 2), .text([], [EmittedToken(token: token, offset: 0)]))
        #expect(chunk.contains(#""top_logprobs":[{"a":-1.0," a":-0.5}]"#))
    }

    @Test(arguments: [-Float.infinity, .nan, -10_000])
    func `minus infinity is written as the least log-probability`(_ logprob: Float) {
        var token = Self.token
        token.logprob = logprob
        token.topLogprobs = []
        let chunk = Self.chunk(CompletionFormat(topLogprobs: 1), .text([], [EmittedToken(token: token, offset: 0)]))
        #expect(chunk.contains(#""token_logprobs":[-9999.0],"top_logprobs":[{" a":-9999.0}]"#))
    }

    @Test func `token ids include those of the prompt once, and the generated ones`() {
        let format = CompletionFormat(includesTokenIDs: true)
        #expect(
            Self.chunk(format, .start, ReplyPlan.Prompt(tokenIDs: [1, 2]))
                == #"{"text":"","index":0,"token_ids":[],"prompt_token_ids":[1,2],"logprobs":null,"finish_reason":null}"#
        )
        #expect(
            Self.chunk(format, .text([0x61], emitted(7)))
                == #"{"text":"a","index":0,"token_ids":[7],"logprobs":null,"finish_reason":null}"#)
        #expect(Self.chunk(format, .prompt([0x61], emitted(7))).contains(#""token_ids":[],"#))
    }
}
