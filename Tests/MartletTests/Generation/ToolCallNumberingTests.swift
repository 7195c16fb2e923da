import Testing

@testable import Martlet

struct ToolCallNumberingTests {
    @Test(arguments: [[0, 2], [1, 3], [5, 9], [7, 4], [-1, 0], [Int.min, Int.max]])
    func `calls with arbitrary indices are numbered in the order in which they begin`(_ indices: [Int]) {
        var numbering = ToolCallNumbering()
        var choice = AssembledChoice()
        let begun = indices.map { ToolCallFragment(index: $0, id: "id\($0)", name: "f", arguments: "<") }
        let ended = indices.map { ToolCallFragment(index: $0, arguments: ">") }
        for fragment in begun + ended { choice.receive(.toolCall(numbering.number(fragment))) }
        let calls = choice.toolCalls.map { "\($0.id) \($0.name)(\($0.arguments))" }
        #expect(calls == indices.map { "id\($0) f(<>)" })
    }
}
