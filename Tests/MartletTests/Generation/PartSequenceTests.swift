import MartletOpenAI
import Testing

@testable import Martlet

struct PartSequenceTests {
    /// The steps as one text: `<text` begins a part, `>` ends it.
    private static func steps(_ deltas: [ReplyDelta]) -> String {
        var sequence = PartSequence()
        var result = ""
        for delta in deltas {
            sequence.receive(delta) { step in
                switch step {
                case .begin(.reasoning): result += "<reasoning "
                case .begin(.text): result += "<text "
                case .begin(.toolCall(_, let id, let name)): result += "<\(id) \(name) "
                case .text(let bytes, _): result += String(decoding: bytes, as: UTF8.self)
                case .reasoning(let text), .arguments(let text): result += text
                case .end: result += ">"
                }
            }
        }
        return result
    }

    /// The parts of the assembled choice in the same notation.
    private static func assembled(_ deltas: [ReplyDelta]) -> String {
        var choice = AssembledChoice()
        for delta in deltas { choice.receive(delta) }
        return choice.parts.map { part in
            switch part.kind {
            case .reasoning: "<reasoning \(part.text)>"
            case .text: "<text \(part.text)>"
            case .toolCall(_, let id, let name): "<\(id) \(name) \(part.text)>"
            }
        }.joined()
    }

    private static func text(_ text: String) -> ReplyDelta { .text(Array(text.utf8), []) }

    private static func call(_ index: Int, _ arguments: String, new: Bool = false) -> ReplyDelta {
        .toolCall(
            ToolCallFragment(
                index: index, id: new ? "call\(index)" : nil, name: new ? "f" : nil, arguments: arguments))
    }

    static let replies: [(deltas: [ReplyDelta], parts: String)] = [
        ([.start, .finish(.stop)], ""),
        ([.start, text("Hel"), text("lo"), .finish(.stop)], "<text Hello>"),
        ([.reasoning("th"), .reasoning("ink"), text("a"), .finish(.stop)], "<reasoning think><text a>"),
        ([text("a"), .reasoning("b"), text("c"), .finish(.stop)], "<text a><reasoning b><text c>"),
        (
            [text("a"), call(0, "{\"x\"", new: true), call(0, ":1}"), call(1, "{}", new: true), .finish(.toolCalls)],
            "<text a><call0 f {\"x\":1}><call1 f {}>"
        ),
        ([call(0, "{}", new: true), text("after"), .finish(.toolCalls)], "<call0 f {}><text after>"),
        ([call(0, "{\"a\":", new: true), .finish(.length)], "<call0 f {\"a\":>"),
        // Arguments that are no JSON never end, and neither do none.
        (
            [call(0, "", new: true), text("a"), call(1, "{}", new: true), .finish(.toolCalls)],
            "<call0 f ><text a><call1 f {}>"
        ),
        // Interleaved.
        (
            [
                call(0, "{\"a\"", new: true), call(1, "{\"b\"", new: true), call(0, ":1}"), call(1, ":2}"),
                .finish(.toolCalls),
            ], "<call0 f {\"a\":1}><call1 f {\"b\":2}>"
        ),
        (
            [
                call(0, "{", new: true), call(1, "{", new: true), call(2, "{", new: true), text("t"), call(2, "}"),
                call(1, "}"), .finish(.length),
            ], "<call0 f {><call1 f {}><call2 f {}><text t>"
        ),
    ]

    @Test(arguments: replies)
    func `parts follow one another, and are those of the assembled choice`(_ deltas: [ReplyDelta], _ parts: String) {
        #expect(Self.steps(deltas) == parts)
        #expect(Self.assembled(deltas) == parts)
    }

    @Test func `a part is emitted as its deltas come, and ends when the next begins`() {
        #expect(Self.steps([Self.text("a")]) == "<text a")
        #expect(Self.steps([Self.text("a"), Self.call(0, "{", new: true)]) == "<text a><call0 f {")
        #expect(
            Self.steps([Self.call(0, "{}", new: true), Self.call(1, "{\"b\"", new: true)])
                == "<call0 f {}><call1 f {\"b\"")
    }

    @Test func `a call that waits for an earlier one is emitted once that is complete`() {
        let begun = [Self.call(0, "{\"a\"", new: true), Self.call(1, "{\"b\"", new: true)]
        #expect(Self.steps(begun) == "<call0 f {\"a\"")
        #expect(Self.steps(begun + [Self.call(0, ":1}")]) == "<call0 f {\"a\":1}><call1 f {\"b\"")
    }

    @Test func `what follows the arguments of an ended call is dropped`() {
        #expect(
            Self.steps([Self.call(0, "{}", new: true), Self.text("a"), Self.call(0, " \n"), .finish(.stop)])
                == "<call0 f {}><text a>")
    }
}
