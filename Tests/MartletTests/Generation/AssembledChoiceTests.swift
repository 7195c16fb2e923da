import MartletOpenAI
import Testing

@testable import Martlet

struct AssembledChoiceTests {
    private static func gathered(_ deltas: [ReplyDelta]) -> AssembledChoice {
        var choice = AssembledChoice()
        for delta in deltas { choice.receive(delta) }
        return choice
    }

    @Test func `text, reasoning and tool calls are assembled separately`() {
        let choice = Self.gathered([
            .start, .text(Array("Hel".utf8), emitted(5)), .reasoning("thi"), .text([], emitted(6)), .reasoning("nk"),
            .text(Array("lo".utf8), []), .finish(.length),
        ])
        #expect(String(decoding: choice.text, as: UTF8.self) == "Hello")
        #expect(choice.tokens.map(\.token.id) == [5, 6])
        #expect(choice.reasoning == "think")
        #expect(choice.toolCalls.isEmpty)
        #expect(choice.finishReason == .length)
    }

    /// The calls as `id name(arguments)`.
    private static func calls(_ fragments: [ToolCallFragment]) -> [String] {
        gathered(fragments.map(ReplyDelta.toolCall)).toolCalls.map { "\($0.id) \($0.name)(\($0.arguments))" }
    }

    @Test func `fragments of one call are one call`() {
        #expect(
            Self.calls([
                .init(index: 0, id: "a", name: "f"), .init(index: 0, arguments: "{\"x\""),
                .init(index: 0, arguments: ":1}"),
            ]) == ["a f({\"x\":1})"])
    }

    @Test func `interleaved fragments of several calls are assembled by index`() {
        #expect(
            Self.calls([
                .init(index: 0, id: "a", name: "f", arguments: "1"),
                .init(index: 1, id: "b", name: "g", arguments: "2"),
                .init(index: 0, arguments: "3"), .init(index: 1, arguments: "4"),
            ]) == ["a f(13)", "b g(24)"])
    }
}
