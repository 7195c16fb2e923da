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

    @Test func `a stream and a reply can be put through it`() async throws {
        let pieces = ["<th", "ink>r", "</think", ">a", "<"].map { FaultStep.delta($0) }
        try await withFaults([.streamHead] + pieces + [.finish(), .done, .close], [.reply("<think>r</think>a")]) {
            (client, _) async throws in
            let stream = try await client.stream("Hi")
            var kinds: [ChatEvent.Kind] = []
            for try await event in stream.separatingThoughts() { kinds.append(event.kind) }
            #expect(kinds == [.reasoning("r"), .text("a"), .text("<"), .finish(.stop)])
            let separated = stream.replySoFar.separatingThoughts()
            #expect((separated.content, separated.reasoning) == ("a<", "r"))
            let whole = try await client.chat("Hi").separatingThoughts()
            #expect((whole.content, whole.reasoning) == ("a", "r"))
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
