import MartletOpenAI
import Testing

@testable import Martlet

/// The tokens and tool calls that a choice emits.
struct ChoiceFoldTokenTests {
    private func token(_ id: Int, _ bytes: [UInt8]) -> StreamEvent { .token(Token(id: id, bytes: bytes)) }

    // MARK: Tokens

    @Test func `a character of several tokens emits all of them`() {
        let choice = FoldedChoice(keepsTokens: true)
        for (id, byte) in "€".utf8.enumerated() { choice.receive(token(id, [byte])) }
        choice.receive(token(3, [0x61]))
        #expect(choice.emitted == ["start", "0@0,1@0,2@0:€", "3@1:a"])
    }

    @Test func `tokens inside a stop string are not emitted, and those that begin before it are`() {
        let choice = FoldedChoice(stop: ["END"], keepsTokens: true)
        for (id, text) in ["a", "bE", "N", "Dc"].enumerated() { choice.receive(token(id, Array(text.utf8))) }
        #expect(choice.emitted == ["start", "0@0:a", "1@1:b", "finish stop"])
    }

    @Test func `tokens buffered for a partial stop string are emitted at the end`() {
        let choice = FoldedChoice(stop: ["END"], keepsTokens: true)
        choice.receive(token(0, Array("E".utf8)))
        choice.receive(token(1, Array("N".utf8)))
        choice.receive(token(2, []))
        choice.finish(.length)
        #expect(choice.emitted == ["start", "0@0,1@1,2@2:EN", "finish length"])
    }

    @Test func `a stop token ends the choice after the buffered text, and is not emitted`() {
        let choice = FoldedChoice(stop: ["END"], keepsTokens: true, ChoiceFold.Rules(stopTokenIDs: [9]))
        #expect(!choice.receive(token(1, Array("aE".utf8))))
        #expect(choice.receive(token(9, Array("x".utf8))))
        #expect(choice.emitted == ["start", "1@0:a", "E", "finish stop"])
        #expect(choice.fold.tokenCount == 2)
    }

    @Test func `the prompt comes first, even with stop strings in it, and offsets continue after it`() {
        let choice = FoldedChoice(stop: ["END"], keepsTokens: true)
        choice.receive(.prompt([Token(id: 1, bytes: Array("EN".utf8)), Token(id: 2, bytes: Array("D€".utf8))]))
        choice.receive(token(3, Array("x".utf8)))
        choice.finish()
        #expect(choice.emitted == ["start", "prompt 1@0,2@2:END€", "3@4:x", "finish stop"])
        #expect(choice.fold.tokenCount == 1, "the prompt's tokens are not generated")
    }

    @Test func `an event counts for its tokenCount`() {
        let choice = FoldedChoice(maxTokens: 6)
        #expect(!choice.receive(.text("five words", tokenCount: 5)))
        #expect(!choice.receive(.text("none", tokenCount: 0)))
        #expect(choice.receive(.reasoning("hm", tokenCount: 2)))
        #expect(choice.fold.tokenCount == 7)
        #expect(choice.fold.reasoningTokenCount == 2)
    }

    @Test func `a choice of at most 0 tokens ends with length`() {
        let choice = FoldedChoice(maxTokens: 0)
        choice.finish()
        #expect(choice.emitted == ["start", "finish length"])
    }

    // MARK: Tool calls

    @Test func `calls count from 0 and have id and name once, for any fragments of the backend`() {
        var fragments: [ToolCallFragment] = []
        var fold = ChoiceFold(StopMatcher([]), ChoiceFold.Rules())
        for (index, id) in [(3, "c3"), (3, "c3"), (1, nil), (1, nil)] as [(Int, String?)] {
            let fragment = ToolCallFragment(index: index, id: id, name: "f", arguments: "x")
            _ = fold.receive(.toolCall(fragment)) { if case .toolCall(let emitted) = $0 { fragments.append(emitted) } }
        }
        #expect(fragments.map(\.index) == [0, 0, 1, 1])
        #expect(fragments.map(\.name) == ["f", nil, "f", nil])
        #expect(fragments[0].id == "c3")
        #expect(fragments[1].id == nil)
        #expect(fragments[2].id?.hasPrefix("call_") == true)
        #expect(fragments[2].id?.count == 29)
        #expect(fragments[3].id == nil)
    }

    @Test func `a second call ends a choice that may have one`() {
        let choice = FoldedChoice(ChoiceFold.Rules(allowsParallelToolCalls: false))
        #expect(!choice.receive(.toolCall(ToolCallFragment(index: 0, id: "a", name: "f", arguments: "{"))))
        #expect(!choice.receive(.toolCall(ToolCallFragment(index: 0, arguments: "}"))))
        #expect(choice.receive(.toolCall(ToolCallFragment(index: 1, id: "b", name: "f", arguments: "{}"))))
        #expect(choice.emitted == ["start", "call 0 {", "call 0 }", "finish tool_calls"])
    }

    @Test func `a special token is emitted, and is not part of the text`() {
        let choice = FoldedChoice(stop: ["<end>"], keepsTokens: true)
        choice.receive(token(1, Array("a".utf8)))
        var end = Token(id: 2, bytes: Array("<end>".utf8))
        end.isSpecial = true
        choice.receive(.token(end, tokenCount: 0))
        choice.finish()
        #expect(choice.emitted == ["start", "1@0:a", "2@1:", "finish stop"])
        #expect(choice.fold.tokenCount == 1)
    }
}
