import MartletOpenAI
import Testing

@testable import Martlet

struct WholeChoiceTests {
    private static func gathered(_ deltas: [ReplyDelta]) -> WholeChoice {
        var choice = WholeChoice()
        for delta in deltas { choice.receive(delta) }
        return choice
    }

    @Test func `pieces of each kind are put together apart from the others`() {
        let choice = Self.gathered([
            .start, .text(Array("Hel".utf8), tokenID: 5), .reasoning("thi"), .text([], tokenID: 6), .reasoning("nk"),
            .text(Array("lo".utf8), tokenID: nil), .finish(.length),
        ])
        #expect(String(decoding: choice.text, as: UTF8.self) == "Hello")
        #expect(choice.tokenIDs == [5, 6])
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

    @Test func `fragments of several calls find their call, also in turns`() {
        #expect(
            Self.calls([
                .init(index: 0, id: "a", name: "f", arguments: "1"),
                .init(index: 1, id: "b", name: "g", arguments: "2"),
                .init(index: 0, arguments: "3"), .init(index: 1, arguments: "4"),
            ]) == ["a f(13)", "b g(24)"])
    }

    @Test(arguments: [[0, 2], [1, 3], [5, 9], [7, 4], [-1, 0], [Int.min, Int.max]])
    func `calls whose indices jump stay whole, in the order they began`(_ indices: [Int]) {
        #expect(
            Self.calls(
                indices.map { .init(index: $0, id: "id\($0)", name: "f", arguments: "<") }
                    + indices.map { .init(index: $0, arguments: ">") })
                == indices.map { "id\($0) f(<>)" })
    }
}
