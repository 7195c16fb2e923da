import MartletOpenAI
import Testing

@testable import Martlet

struct ChoiceFoldTests {
    /// A fold and what it has told.
    private final class Choice {
        private(set) var fold: ChoiceFold
        private(set) var told: [String] = []

        init(stop: [String] = [], maxTokens: Int? = nil, keepsTokens: Bool = false, _ rules: ChoiceFold.Rules = .init())
        {
            var rules = rules
            rules.maxTokens = maxTokens
            rules.keepsTokens = keepsTokens
            fold = ChoiceFold(StopMatcher(stop), rules)
        }

        /// Returns whether the event ended the choice before the backend did.
        @discardableResult
        func receive(_ event: StreamEvent) -> Bool {
            fold.receive(event) { told.append(Self.describe($0)) }
        }

        func finish(_ reason: FinishReason? = nil) {
            fold.finish(reason) { told.append(Self.describe($0)) }
        }

        /// Each with where it begins, if there are any.
        private static func ids(_ told: [ToldToken]) -> String {
            told.isEmpty ? "" : told.map { "\($0.token.id ?? -1)@\($0.offset)" }.joined(separator: ",") + ":"
        }

        private static func describe(_ delta: ReplyDelta) -> String {
            switch delta {
            case .start: "start"
            case .prompt(let bytes, let told): "prompt \(ids(told))\(String(decoding: bytes, as: UTF8.self))"
            case .text(let bytes, let told): ids(told) + String(decoding: bytes, as: UTF8.self)
            case .reasoning(let text): "(\(text))"
            case .toolCall(let fragment): "call \(fragment.index) \(fragment.arguments)"
            case .finish(let reason): "finish \(reason.rawValue)"
            }
        }
    }

    private func token(_ id: Int, _ bytes: [UInt8]) -> StreamEvent { .token(Token(id: id, bytes: bytes)) }

    @Test func `a choice starts, says its text and finishes`() {
        let choice = Choice()
        choice.receive(.text("Hello"))
        choice.receive(.text(" world"))
        choice.finish()
        #expect(choice.told == ["start", "Hello", " world", "finish stop"])
        #expect(choice.fold.tokenCount == 2)
    }

    @Test func `a choice of which nothing came starts and finishes too`() {
        let choice = Choice()
        choice.finish()
        #expect(choice.told == ["start", "finish stop"])
        #expect(choice.fold.tokenCount == 0)
    }

    @Test(arguments: [FinishReason.stop, .length, .toolCalls, .contentFilter])
    func `the backend's reason for the end is told`(_ reason: FinishReason) {
        let (emitted, returned) = (Choice(), Choice())
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
        let choice = Choice(maxTokens: 2)
        #expect(!choice.receive(.text("a")))
        #expect(choice.receive(.text("b")))
        #expect(!choice.receive(.text("c")))
        choice.finish()
        #expect(choice.told == ["start", "a", "b", "finish length"])
        #expect(choice.fold.tokenCount == 2)
    }

    @Test func `every kind of piece counts as a token, also one without text`() {
        let choice = Choice(maxTokens: 5)
        choice.receive(.text(""))
        choice.receive(token(1, []))
        choice.receive(.reasoning("hm"))
        choice.receive(.toolCall(ToolCallFragment(index: 0)))
        #expect(choice.fold.tokenCount == 4)
        #expect(choice.receive(token(2, [0x61])))
        #expect(choice.told == ["start", "(hm)", "call 0 ", "a", "finish length"])
    }

    @Test func `a stop string inside a token cuts the token`() {
        let choice = Choice(stop: ["END"])
        #expect(choice.receive(.text("so it ENDs")))
        choice.finish(.length)
        #expect(choice.told == ["start", "so it ", "finish stop"])
        #expect(choice.fold.tokenCount == 1)
    }

    @Test func `a stop string across tokens tells none of its bytes`() {
        let choice = Choice(stop: ["END"])
        let isCut = ["a E", "N", "D b"].map { choice.receive(.text($0)) }
        #expect(isCut == [false, false, true])
        #expect(choice.told == ["start", "a ", "finish stop"])
        #expect(choice.fold.tokenCount == 3)
    }

    @Test func `a stop string in the token that reaches max_tokens is the reason told`() {
        let choice = Choice(stop: ["."], maxTokens: 1)
        #expect(choice.receive(.text("yes.")))
        #expect(choice.told == ["start", "yes", "finish stop"])
    }

    @Test(arguments: [nil, FinishReason.length])
    func `text held back for a stop string is told at the end`(_ reason: FinishReason?) {
        let choice = Choice(stop: ["END"])
        choice.receive(.text("the EN"))
        choice.finish(reason)
        #expect(choice.told == ["start", "the ", "EN", "finish \(reason?.rawValue ?? "stop")"])
    }

    @Test func `text held back for a stop string is told when max_tokens is reached`() {
        let choice = Choice(stop: ["END"], maxTokens: 1)
        #expect(choice.receive(.text("the EN")))
        #expect(choice.told == ["start", "the ", "EN", "finish length"])
    }

    @Test func `half a character is a replacement character at the end`() {
        let choice = Choice()
        choice.receive(token(1, [0x61, 0xE2, 0x82]))
        choice.finish()
        #expect(choice.told == ["start", "a", "\u{FFFD}", "finish stop"])
    }

    @Test func `a character of several tokens is told once it is whole`() {
        let choice = Choice()
        for byte in Array("€".utf8) { choice.receive(token(1, [byte])) }
        #expect(choice.told == ["start", "€"])
        #expect(choice.fold.tokenCount == 3)
    }

    @Test func `a stop string may be found in the last half character`() {
        let choice = Choice(stop: ["b\u{FFFD}"])
        choice.receive(token(1, [0x61, 0x62, 0xE2]))
        choice.finish(.length)
        #expect(choice.told == ["start", "a", "finish stop"])
    }

    @Test func `held text and half a character leave together`() {
        let choice = Choice(stop: ["bc"])
        choice.receive(token(1, [0x61, 0x62, 0xE2]))
        choice.finish()
        #expect(choice.told == ["start", "a", "b\u{FFFD}", "finish stop"])
    }

    @Test func `tokens are told with the text they begin, also those without text`() {
        let choice = Choice(keepsTokens: true)
        choice.receive(token(7, [0x61]))
        choice.receive(token(8, [0xE2]))
        choice.receive(token(9, []))
        choice.receive(.text("b"))
        choice.finish()
        #expect(choice.told == ["start", "7@0:a", "8@1,9@1:\u{FFFD}b", "finish stop"])
    }

    @Test func `thoughts are no part of the text, and no stop string is looked for in them`() {
        let choice = Choice(stop: ["END"])
        #expect(!choice.receive(.reasoning("END")))
        choice.receive(.text("a"))
        choice.finish()
        #expect(choice.told == ["start", "(END)", "a", "finish stop"])
    }

    @Test func `a choice that called a tool ends with tool_calls, also when the backend says stop`() {
        let (silent, outspoken, limited) = (Choice(), Choice(), Choice(maxTokens: 1))
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
        let choice = Choice(stop: stop, maxTokens: maxTokens)
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

    // MARK: Tokens

    @Test func `a character of several tokens tells all of them`() {
        let choice = Choice(keepsTokens: true)
        for (id, byte) in "€".utf8.enumerated() { choice.receive(token(id, [byte])) }
        choice.receive(token(3, [0x61]))
        #expect(choice.told == ["start", "0@0,1@0,2@0:€", "3@1:a"])
    }

    @Test func `tokens that lie in a stop string are not told, and those that begin before it are`() {
        let choice = Choice(stop: ["END"], keepsTokens: true)
        for (id, text) in ["a", "bE", "N", "Dc"].enumerated() { choice.receive(token(id, Array(text.utf8))) }
        #expect(choice.told == ["start", "0@0:a", "1@1:b", "finish stop"])
    }

    @Test func `tokens held back for a stop string that did not come are told at the end`() {
        let choice = Choice(stop: ["END"], keepsTokens: true)
        choice.receive(token(0, Array("E".utf8)))
        choice.receive(token(1, Array("N".utf8)))
        choice.receive(token(2, []))
        choice.finish(.length)
        #expect(choice.told == ["start", "0@0,1@1,2@2:EN", "finish length"])
    }

    @Test func `a stop token ends the choice untold, after what was held back`() {
        let choice = Choice(stop: ["END"], keepsTokens: true, ChoiceFold.Rules(stopTokenIDs: [9]))
        #expect(!choice.receive(token(1, Array("aE".utf8))))
        #expect(choice.receive(token(9, Array("x".utf8))))
        #expect(choice.told == ["start", "1@0:a", "E", "finish stop"])
        #expect(choice.fold.tokenCount == 2)
    }

    @Test func `the prompt comes first, whatever stop strings it holds, and places count on behind it`() {
        let choice = Choice(stop: ["END"], keepsTokens: true)
        choice.receive(.prompt([Token(id: 1, bytes: Array("EN".utf8)), Token(id: 2, bytes: Array("D€".utf8))]))
        choice.receive(token(3, Array("x".utf8)))
        choice.finish()
        #expect(choice.told == ["start", "prompt 1@0,2@2:END€", "3@4:x", "finish stop"])
        #expect(choice.fold.tokenCount == 1, "the prompt's tokens are not generated")
    }

    @Test func `an event counts for as many tokens as it says`() {
        let choice = Choice(maxTokens: 6)
        #expect(!choice.receive(.text("five words", tokenCount: 5)))
        #expect(!choice.receive(.text("none", tokenCount: 0)))
        #expect(choice.receive(.reasoning("hm", tokenCount: 2)))
        #expect(choice.fold.tokenCount == 7)
        #expect(choice.fold.reasoningTokenCount == 2)
    }

    @Test func `a choice of no tokens ends by its length`() {
        let choice = Choice(maxTokens: 0)
        choice.finish()
        #expect(choice.told == ["start", "finish length"])
    }

    // MARK: Tool calls

    @Test func `calls count from 0 and have id and name once, whatever the backend says`() {
        var fragments: [ToolCallFragment] = []
        var fold = ChoiceFold(StopMatcher([]), ChoiceFold.Rules())
        for (index, id) in [(3, "c3"), (3, "c3"), (1, nil), (1, nil)] as [(Int, String?)] {
            let fragment = ToolCallFragment(index: index, id: id, name: "f", arguments: "x")
            _ = fold.receive(.toolCall(fragment)) { if case .toolCall(let told) = $0 { fragments.append(told) } }
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
        let choice = Choice(ChoiceFold.Rules(allowsParallelToolCalls: false))
        #expect(!choice.receive(.toolCall(ToolCallFragment(index: 0, id: "a", name: "f", arguments: "{"))))
        #expect(!choice.receive(.toolCall(ToolCallFragment(index: 0, arguments: "}"))))
        #expect(choice.receive(.toolCall(ToolCallFragment(index: 1, id: "b", name: "f", arguments: "{}"))))
        #expect(choice.told == ["start", "call 0 {", "call 0 }", "finish tool_calls"])
    }

    @Test func `a special token is told, and is no part of the text`() {
        let choice = Choice(stop: ["<end>"], keepsTokens: true)
        choice.receive(token(1, Array("a".utf8)))
        var end = Token(id: 2, bytes: Array("<end>".utf8))
        end.isSpecial = true
        choice.receive(.token(end, tokenCount: 0))
        choice.finish()
        #expect(choice.told == ["start", "1@0:a", "2@1:", "finish stop"])
        #expect(choice.fold.tokenCount == 1)
    }
}
