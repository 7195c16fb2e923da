import MartletClient
import MartletTesting
import Testing

struct ThinkFilterTests {
    private func parts(_ pieces: [String], tag: String = "think") -> (text: String, thoughts: String) {
        var filter = ThinkFilter(tag: tag)
        var parts = (text: "", thoughts: "")
        for piece in pieces.flatMap({ filter.feed($0) }) + filter.finish() {
            switch piece {
            case .text(let text): parts.text += text
            case .thought(let text): parts.thoughts += text
            }
        }
        return parts
    }

    @Test(arguments: [
        ("<think>a</think>b", "b", "a"), ("x<THINK>a</Think>y<think>b</think>z", "xyz", "ab"), ("plain", "plain", ""),
        ("<think>never closed", "", "never closed"), ("<thin", "<thin", ""), ("<think>a</thin", "", "a</thin"),
        ("a < b <<think>c</think>", "a < b <", "c"), ("</think>a", "</think>a", ""), ("<think></think>", "", ""),
        ("<think>a<think>b</think>c", "c", "a<think>b"), ("é<think>漢🙂</think>ü", "éü", "漢🙂"),
        ("<think>a<</think>b", "b", "a<"), ("<tthink>", "<tthink>", ""), ("", "", ""),
    ])
    func `S4-src-18 thoughts are told from the text, however it is cut`(
        _ text: String, _ answer: String, _ thoughts: String
    ) {
        let scalars = text.unicodeScalars.map { String($0) }
        #expect(parts([text]) == (answer, thoughts))
        #expect(parts(scalars) == (answer, thoughts))
        for cut in 0...scalars.count {
            #expect(parts([scalars[..<cut].joined(), scalars[cut...].joined()]) == (answer, thoughts))
        }
        #expect(ThinkFilter.split(text) == (answer, thoughts))
    }

    @Test func `S4-src-18 text that cannot be a tag is told at once`() {
        var filter = ThinkFilter(tag: "thought")
        #expect(filter.feed("a<thou") == [.text("a")])
        #expect(filter.feed("sand") == [.text("<thousand")])
        #expect(filter.feed("<thought>b") == [.thought("b")])
    }

    @Test(
        arguments: [
            ("<think>a</think>\n\nb <think>c", "b <think>c", "a"), (" \n<think>a</think> <THINK>b</think>c", "c", "ab"),
            ("  x<think>a</think>", "  x<think>a</think>", ""), (" <thin", " <thin", ""), ("\n\n", "\n\n", ""),
            ("<think>a</think>\n", "", "a"), ("<<think>a</think>", "<<think>a</think>", ""), ("é", "é", ""),
            ("<think>é<</think>ü", "ü", "é<"),
        ])
    func `a filter of leading thoughts leaves the answer alone, however it is cut`(
        _ text: String, _ answer: String, _ thoughts: String
    ) {
        let scalars = text.unicodeScalars.map { String($0) }
        for cuts in (0...scalars.count).map({ [scalars[..<$0].joined(), scalars[$0...].joined()] }) + [scalars] {
            var filter = ThinkFilter(position: .leading)
            var parts = (text: "", thoughts: "")
            for piece in cuts.flatMap({ filter.feed($0) }) + filter.finish() {
                switch piece {
                case .text(let text): parts.text += text
                case .thought(let text): parts.thoughts += text
                }
            }
            #expect(parts == (answer, thoughts))
        }
    }

    @Test func `another tag can be set, and the separation turned off`() async throws {
        try await withFaults([.reply("<thought>r</thought>a")]) { (client, _) async throws in
            var client = client
            client.thoughtTag = "thought"
            let separated = try await client.chat("Hi")
            #expect((separated.content, separated.reasoning) == ("a", "r"))
            client.separatesThoughts = false
            let plain = try await client.chat("Hi")
            #expect((plain.content, plain.reasoning) == ("<thought>r</thought>a", nil))
            #expect(try await client.stream("Hi").reply().content == "<thought>r</thought>a")
        }
    }

    @Test func `both names of the thoughts are read where a server tells them itself`() async throws {
        for name in ["reasoning", "reasoning_content"] {
            let chunk = FaultStep.event(FaultStep.chunk(delta: #"{"\#(name)":"r"}"#))
            try await withFaults([.streamHead, chunk, .delta("a"), .finish(), .done, .close]) {
                (client, _) async throws in
                let reply = try await client.stream("Hi").reply()
                #expect((reply.reasoning, reply.content) == ("r", "a"))
            }
        }
    }
}
