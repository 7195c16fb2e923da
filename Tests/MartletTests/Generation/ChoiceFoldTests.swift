import MartletOpenAI
import Testing

@testable import Martlet

struct ChoiceFoldTests {
    private func token(_ id: Int, _ bytes: [UInt8]) -> StreamEvent { .token(Token(id: id, bytes: bytes)) }

    @Test func `a choice starts, emits its text and finishes`() {
        let choice = FoldedChoice()
        choice.receive(.text("Hello"))
        choice.receive(.text(" world"))
        choice.finish()
        #expect(choice.emitted == ["start", "Hello", " world", "finish stop"])
        #expect(choice.fold.tokenCount == 2)
    }

    @Test func `a choice without events starts and finishes too`() {
        let choice = FoldedChoice()
        choice.finish()
        #expect(choice.emitted == ["start", "finish stop"])
        #expect(choice.fold.tokenCount == 0)
    }

    @Test(arguments: [FinishReason.stop, .length, .toolCalls, .contentFilter])
    func `the backend's finish reason is emitted`(_ reason: FinishReason) {
        let (finished, returned) = (FoldedChoice(), FoldedChoice())
        finished.receive(.text("a"))
        let isCut = finished.receive(.finish(reason))
        finished.finish()
        returned.receive(.text("a"))
        returned.finish(reason)
        #expect(!isCut)
        #expect(finished.emitted == ["start", "a", "finish \(reason.rawValue)"])
        #expect(returned.emitted == finished.emitted)
        #expect(finished.fold.tokenCount == 1, "an end is not a token")
    }

    @Test func `the token that reaches max_tokens is emitted, and is the last`() {
        let choice = FoldedChoice(maxTokens: 2)
        #expect(!choice.receive(.text("a")))
        #expect(choice.receive(.text("b")))
        #expect(!choice.receive(.text("c")))
        choice.finish()
        #expect(choice.emitted == ["start", "a", "b", "finish length"])
        #expect(choice.fold.tokenCount == 2)
    }

    @Test func `every kind of event counts as a token, even without text`() {
        let choice = FoldedChoice(maxTokens: 5)
        choice.receive(.text(""))
        choice.receive(token(1, []))
        choice.receive(.reasoning("hm"))
        choice.receive(.toolCall(ToolCallFragment(index: 0)))
        #expect(choice.fold.tokenCount == 4)
        #expect(choice.receive(token(2, [0x61])))
        #expect(choice.emitted == ["start", "(hm)", "call 0 ", "a", "finish length"])
    }

    @Test func `a stop string inside a token cuts the token`() {
        let choice = FoldedChoice(stop: ["END"])
        #expect(choice.receive(.text("so it ENDs")))
        choice.finish(.length)
        #expect(choice.emitted == ["start", "so it ", "finish stop"])
        #expect(choice.fold.tokenCount == 1)
    }

    @Test func `none of the bytes of a stop string across tokens is emitted`() {
        let choice = FoldedChoice(stop: ["END"])
        let isCut = ["a E", "N", "D b"].map { choice.receive(.text($0)) }
        #expect(isCut == [false, false, true])
        #expect(choice.emitted == ["start", "a ", "finish stop"])
        #expect(choice.fold.tokenCount == 3)
    }

    @Test func `a stop string in the token that reaches max_tokens takes precedence`() {
        let choice = FoldedChoice(stop: ["."], maxTokens: 1)
        #expect(choice.receive(.text("yes.")))
        #expect(choice.emitted == ["start", "yes", "finish stop"])
    }

    @Test(arguments: [nil, FinishReason.length])
    func `text buffered for a stop string is emitted at the end`(_ reason: FinishReason?) {
        let choice = FoldedChoice(stop: ["END"])
        choice.receive(.text("the EN"))
        choice.finish(reason)
        #expect(choice.emitted == ["start", "the ", "EN", "finish \(reason?.rawValue ?? "stop")"])
    }

    @Test func `text buffered for a stop string is emitted when max_tokens is reached`() {
        let choice = FoldedChoice(stop: ["END"], maxTokens: 1)
        #expect(choice.receive(.text("the EN")))
        #expect(choice.emitted == ["start", "the ", "EN", "finish length"])
    }

    @Test func `an incomplete character is a replacement character at the end`() {
        let choice = FoldedChoice()
        choice.receive(token(1, [0x61, 0xE2, 0x82]))
        choice.finish()
        #expect(choice.emitted == ["start", "a", "\u{FFFD}", "finish stop"])
    }

    @Test func `a character of several tokens is emitted once it is complete`() {
        let choice = FoldedChoice()
        for byte in Array("€".utf8) { choice.receive(token(1, [byte])) }
        #expect(choice.emitted == ["start", "€"])
        #expect(choice.fold.tokenCount == 3)
    }

    @Test func `a stop string may match the replacement of an incomplete character`() {
        let choice = FoldedChoice(stop: ["b\u{FFFD}"])
        choice.receive(token(1, [0x61, 0x62, 0xE2]))
        choice.finish(.length)
        #expect(choice.emitted == ["start", "a", "finish stop"])
    }

    @Test func `buffered text and an incomplete character are emitted together`() {
        let choice = FoldedChoice(stop: ["bc"])
        choice.receive(token(1, [0x61, 0x62, 0xE2]))
        choice.finish()
        #expect(choice.emitted == ["start", "a", "b\u{FFFD}", "finish stop"])
    }

    @Test func `tokens are emitted with the text that they begin, including those without text`() {
        let choice = FoldedChoice(keepsTokens: true)
        choice.receive(token(7, [0x61]))
        choice.receive(token(8, [0xE2]))
        choice.receive(token(9, []))
        choice.receive(.text("b"))
        choice.finish()
        #expect(choice.emitted == ["start", "7@0:a", "8@1,9@1:\u{FFFD}b", "finish stop"])
    }

    @Test func `reasoning is not part of the text, and stop strings do not apply to it`() {
        let choice = FoldedChoice(stop: ["END"])
        #expect(!choice.receive(.reasoning("END")))
        choice.receive(.text("a"))
        choice.finish()
        #expect(choice.emitted == ["start", "(END)", "a", "finish stop"])
    }

    @Test func `a choice with a tool call ends with tool_calls, even if the backend says stop`() {
        let (silent, outspoken, limited) = (FoldedChoice(), FoldedChoice(), FoldedChoice(maxTokens: 1))
        let call = StreamEvent.toolCall(ToolCallFragment(index: 0, id: "call_1", name: "f", arguments: "{}"))
        silent.receive(call)
        silent.finish()
        outspoken.receive(call)
        outspoken.receive(.finish(.stop))
        limited.receive(call)
        #expect(silent.emitted == ["start", "call 0 {}", "finish tool_calls"])
        #expect(outspoken.emitted == ["start", "call 0 {}", "finish tool_calls"])
        #expect(limited.emitted == ["start", "call 0 {}", "finish length"])
    }

    static let ends: [(stop: [String], maxTokens: Int?, last: StreamEvent)] = [
        ([], nil, .finish(.contentFilter)), (["x"], nil, .text("x")), ([], 1, .text("y")),
    ]

    @Test(arguments: ends)
    func `nothing is emitted or counted after the end`(_ stop: [String], _ maxTokens: Int?, _ last: StreamEvent) {
        let choice = FoldedChoice(stop: stop, maxTokens: maxTokens)
        choice.receive(last)
        let (emitted, count) = (choice.emitted, choice.fold.tokenCount)
        for event in [.text("x"), .reasoning("r"), .finish(.stop), .usage(promptTokens: 1), token(1, [0x61])]
            as [StreamEvent]
        {
            #expect(!choice.receive(event))
        }
        choice.finish(.length)
        #expect(choice.emitted == emitted)
        #expect(choice.fold.tokenCount == count)
    }
}
