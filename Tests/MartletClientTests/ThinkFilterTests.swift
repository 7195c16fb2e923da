import MartletClient
import MartletTestSupport
import Testing

struct ThinkFilterTests {
    private func parts(_ pieces: [String], tag: String = "think") -> (text: String, reasoning: String) {
        var filter = ThinkFilter(tag: tag)
        var parts = (text: "", reasoning: "")
        for piece in pieces.flatMap({ filter.feed($0) }) + filter.finish() {
            switch piece {
            case .text(let text): parts.text += text
            case .reasoning(let text): parts.reasoning += text
            }
        }
        return parts
    }

    // Checklist row S4-src-18.
    @Test(arguments: [
        ("<think>a</think>b", "b", "a"), ("x<THINK>a</Think>y<think>b</think>z", "xyz", "ab"), ("plain", "plain", ""),
        ("<think>never closed", "", "never closed"), ("<thin", "<thin", ""), ("<think>a</thin", "", "a</thin"),
        ("a < b <<think>c</think>", "a < b <", "c"), ("</think>a", "</think>a", ""), ("<think></think>", "", ""),
        ("<think>a<think>b</think>c", "c", "a<think>b"), ("é<think>漢🙂</think>ü", "éü", "漢🙂"),
        ("<think>a<</think>b", "b", "a<"), ("<tthink>", "<tthink>", ""), ("", "", ""),
    ])
    func `reasoning is separated from the text, wherever it is split`(
        _ text: String, _ reply: String, _ reasoning: String
    ) {
        let scalars = text.unicodeScalars.map { String($0) }
        #expect(parts([text]) == (reply, reasoning))
        #expect(parts(scalars) == (reply, reasoning))
        for cut in 0...scalars.count {
            #expect(parts([scalars[..<cut].joined(), scalars[cut...].joined()]) == (reply, reasoning))
        }
        #expect(ThinkFilter.split(text) == (reply, reasoning))
    }

    // Checklist row S4-src-18.
    @Test func `text that cannot be a tag is emitted at once`() {
        var filter = ThinkFilter(tag: "thought")
        #expect(filter.feed("a<thou") == [.text("a")])
        #expect(filter.feed("sand") == [.text("<thousand")])
        #expect(filter.feed("<thought>b") == [.reasoning("b")])
    }

    @Test(
        arguments: [
            ("<think>a</think>\n\nb <think>c", "b <think>c", "a"), (" \n<think>a</think> <THINK>b</think>c", "c", "ab"),
            ("  x<think>a</think>", "  x<think>a</think>", ""), (" <thin", " <thin", ""), ("\n\n", "\n\n", ""),
            ("<think>a</think>\n", "", "a"), ("<<think>a</think>", "<<think>a</think>", ""), ("é", "é", ""),
            ("<think>é<</think>ü", "ü", "é<"),
        ])
    func `a filter of leading blocks leaves the reply alone, wherever it is split`(
        _ text: String, _ reply: String, _ reasoning: String
    ) {
        let scalars = text.unicodeScalars.map { String($0) }
        for cuts in (0...scalars.count).map({ [scalars[..<$0].joined(), scalars[$0...].joined()] }) + [scalars] {
            var filter = ThinkFilter(position: .leading)
            var parts = (text: "", reasoning: "")
            for piece in cuts.flatMap({ filter.feed($0) }) + filter.finish() {
                switch piece {
                case .text(let text): parts.text += text
                case .reasoning(let text): parts.reasoning += text
                }
            }
            #expect(parts == (reply, reasoning))
        }
    }

}
