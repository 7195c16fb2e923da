import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct CompletionFormatTests {
    static let chunks: [(delta: ReplyDelta, json: String)] = [
        (.start, ""),
        (.text(Array(" wor".utf8), tokenID: nil), #"{"text":" wor","index":2,"logprobs":null,"finish_reason":null}"#),
        (.text([0x61], tokenID: 7), #"{"text":"a","index":2,"ids":[7],"logprobs":null,"finish_reason":null}"#),
        (.text([], tokenID: 0), #"{"text":"","index":2,"ids":[0],"logprobs":null,"finish_reason":null}"#),
        (.reasoning("hm"), ""),
        (.toolCall(ToolCallFragment(index: 0, id: "call_x", name: "f")), ""),
        (.finish(.length), #"{"text":"","index":2,"logprobs":null,"finish_reason":"length"}"#),
    ]

    @Test(arguments: chunks)
    func `each delta is one choice of a chunk, or nothing`(_ delta: ReplyDelta, _ json: String) throws {
        var bytes = Array("before".utf8)
        CompletionFormat().appendChoice(2, delta, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "before" + json)
        if !json.isEmpty {
            #expect(try JSONValue(parsing: Array(bytes.dropFirst(6))).description == json, "it is JSON")
        }
    }

    private static func written(_ deltas: ReplyDelta..., index: Int = 0) -> String {
        var choice = WholeChoice()
        for delta in deltas { choice.receive(delta) }
        var writer = JSONWriter()
        CompletionFormat().write(choice, index: index, to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `a whole choice is its text`() {
        #expect(
            Self.written(.text(Array(" world".utf8), tokenID: nil), .finish(.length), index: 3)
                == #"{"text":" world","index":3,"logprobs":null,"finish_reason":"length"}"#)
        #expect(Self.written(.finish(.stop)) == #"{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}"#)
    }

    @Test func `a whole choice has the token ids that were told, and no thoughts`() {
        #expect(
            Self.written(.text([0x61], tokenID: 7), .reasoning("hm"), .text([], tokenID: 8), .finish(.stop))
                == #"{"text":"a","index":0,"ids":[7,8],"logprobs":null,"finish_reason":"stop"}"#)
    }

    @Test(arguments: ChatFormatTests.hostile)
    func `no text can break out of its string, or its line`(_ text: String) throws {
        var bytes: [UInt8] = []
        CompletionFormat().appendChoice(0, .text(Array(text.utf8), tokenID: nil), to: &bytes)
        #expect(!bytes.contains { $0 < 0x20 }, "an event's data is one line")
        let expected: JSONValue = ["text": .string(text), "index": 0, "logprobs": .null, "finish_reason": .null]
        #expect(try JSONValue(parsing: bytes) == expected)
        let whole = try JSONValue(parsing: Array(Self.written(.text(Array(text.utf8), tokenID: nil)).utf8))
        #expect(whole.object?["text"] == .string(text))
    }
}
