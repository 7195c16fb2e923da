import MartletOpenAI
import Testing

@testable import Martlet

struct ChoiceFoldTests {
    private func token(_ id: Int, _ bytes: [UInt8]) -> StreamEvent { .token(Token(id: id, bytes: bytes)) }

    @Test func `a choice starts, says its text and finishes`() {
        let choice = FoldedChoice()
        choice.receive(.text("Hello"))
        choice.receive(.text(" world"))
        choice.finish()
        #expect(choice.told == ["start", "Hello", " world", "finish stop"])
        #expect(choice.fold.tokenCount == 2)
    }

    @Test func `a choice of which nothing came starts and finishes too`() {
        let choice = FoldedChoice()
        choice.finish()
        #expect(choice.told == ["start", "finish stop"])
        #expect(choice.fold.tokenCount == 0)
    }

    @Test(arguments: [FinishReason.stop, .length, .toolCalls, .contentFilter])
    func `the backend's reason for the end is told`(_ reason: FinishReason) {
        let (emitted, returned) = (FoldedChoice(), FoldedChoice())
        emitted.receive(.text("a"))
        let isCut = emitted.receive(.finish(reason))
        emitted.finish()
        returned.receive(.text("a"))
        returned.finish(reason)
        #expect(!isCut)
        #expect(emitted.told == ["start", "a", "finish \(reason.rawValue)"])
        #expect(returned.told == emitted.told)
        #expect(emitted.fold.tokenCount == 1, "an end is no token")
    }

    @Test func `the token that reaches max_tokens is told, and is the last`() {
        let choice = FoldedChoice(maxTokens: 2)
        #expect(!choice.receive(.text("a")))
        #expect(choice.receive(.text("b")))
        #expect(!choice.receive(.text("c")))
        choice.finish()
        #expect(choice.told == ["start", "a", "b", "finish length"])
        #expect(choice.fold.tokenCount == 2)
    }

    @Test func `every kind of piece counts as a token, also one without text`() {
        let choice = FoldedChoice(maxTokens: 5)
        choice.receive(.text(""))
        choice.receive(token(1, []))
        choice.receive(.reasoning("hm"))
        choice.receive(.toolCall(ToolCallFragment(index: 0)))
        #expect(choice.fold.tokenCount == 4)
        #expect(choice.receive(token(2, [0x61])))
        #expect(choice.told == ["start", "(hm)", "call 0 ", "a", "finish length"])
    }

    @Test func `a stop string inside a token cuts the token`() {
        let choice = FoldedChoice(stop: ["END"])
        #expect(choice.receive(.text("so it ENDs")))
        choice.finish(.length)
        #expect(choice.told == ["start", "so it ", "finish stop"])
        #expect(choice.fold.tokenCount == 1)
    }

    @Test func `a stop string across tokens tells none of its bytes`() {
        let choice = FoldedChoice(stop: ["END"])
        let isCut = ["a E", "N", "D b"].map { choice.receive(.text($0)) }
        #expect(isCut == [false, false, true])
        #expect(choice.told == ["start", "a ", "finish stop"])
        #expect(choice.fold.tokenCount == 3)
    }

    @Test func `a stop string in the token that reaches max_tokens is the reason told`() {
        let choice = FoldedChoice(stop: ["."], maxTokens: 1)
        #expect(choice.receive(.text("yes.")))
        #expect(choice.told == ["start", "yes", "finish stop"])
    }

    @Test(arguments: [nil, FinishReason.length])
    func `text held back for a stop string is told at the end`(_ reason: FinishReason?) {
        let choice = FoldedChoice(stop: ["END"])
        choice.receive(.text("the EN"))
        choice.finish(reason)
        #expect(choice.told == ["start", "the ", "EN", "finish \(reason?.rawValue ?? "stop")"])
    }

    @Test func `text held back for a stop string is told when max_tokens is reached`() {
        let choice = FoldedChoice(stop: ["END"], maxTokens: 1)
        #expect(choice.receive(.text("the EN")))
        #expect(choice.told == ["start", "the ", "EN", "finish length"])
    }

    @Test func `half a character is a replacement character at the end`() {
        let choice = FoldedChoice()
        choice.receive(token(1, [0x61, 0xE2, 0x82]))
        choice.finish()
        #expect(choice.told == ["start", "a", "\u{FFFD}", "finish stop"])
    }

    @Test func `a character of several tokens is told once it is whole`() {
        let choice = FoldedChoice()
        for byte in Array("€".utf8) { choice.receive(token(1, [byte])) }
        #expect(choice.told == ["start", "€"])
        #expect(choice.fold.tokenCount == 3)
    }

    @Test func `a stop string may be found in the last half character`() {
        let choice = FoldedChoice(stop: ["b\u{FFFD}"])
        choice.receive(token(1, [0x61, 0x62, 0xE2]))
        choice.finish(.length)
        #expect(choice.told == ["start", "a", "finish stop"])
    }

    @Test func `held text and half a character leave together`() {
        let choice = FoldedChoice(stop: ["bc"])
        choice.receive(token(1, [0x61, 0x62, 0xE2]))
        choice.finish()
        #expect(choice.told == ["start", "a", "b\u{FFFD}", "finish stop"])
    }

    @Test func `tokens are told with the text they begin, also those without text`() {
        let choice = FoldedChoice(keepsTokens: true)
        choice.receive(token(7, [0x61]))
        choice.receive(token(8, [0xE2]))
        choice.receive(token(9, []))
        choice.receive(.text("b"))
        choice.finish()
        #expect(choice.told == ["start", "7@0:a", "8@1,9@1:\u{FFFD}b", "finish stop"])
    }

    @Test func `thoughts are no part of the text, and no stop string is looked for in them`() {
        let choice = FoldedChoice(stop: ["END"])
        #expect(!choice.receive(.reasoning("END")))
        choice.receive(.text("a"))
        choice.finish()
        #expect(choice.told == ["start", "(END)", "a", "finish stop"])
    }

    @Test func `a choice that called a tool ends with tool_calls, also when the backend says stop`() {
        let (silent, outspoken, limited) = (FoldedChoice(), FoldedChoice(), FoldedChoice(maxTokens: 1))
        let call = StreamEvent.toolCall(ToolCallFragment(index: 0, id: "call_1", name: "f", arguments: "{}"))
        silent.receive(call)
        silent.finish()
        outspoken.receive(call)
        outspoken.receive(.finish(.stop))
        limited.receive(call)
        #expect(silent.told == ["start", "call 0 {}", "finish tool_calls"])
        #expect(outspoken.told == ["start", "call 0 {}", "finish tool_calls"])
        #expect(limited.told == ["start", "call 0 {}", "finish length"])
    }

    static let ends: [(stop: [String], maxTokens: Int?, last: StreamEvent)] = [
        ([], nil, .finish(.contentFilter)), (["x"], nil, .text("x")), ([], 1, .text("y")),
    ]

    @Test(arguments: ends)
    func `after its end nothing is told or counted`(_ stop: [String], _ maxTokens: Int?, _ last: StreamEvent) {
        let choice = FoldedChoice(stop: stop, maxTokens: maxTokens)
        choice.receive(last)
        let (told, count) = (choice.told, choice.fold.tokenCount)
        for event in [.text("x"), .reasoning("r"), .finish(.stop), .usage(promptTokens: 1), token(1, [0x61])]
            as [StreamEvent]
        {
            #expect(!choice.receive(event))
        }
        choice.finish(.length)
        #expect(choice.told == told)
        #expect(choice.fold.tokenCount == count)
    }
}
