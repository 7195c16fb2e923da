import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Thoughts that servers leave in the content become reasoning.
struct ThoughtsInContentTests {
    private static func stream(_ contents: [String]) -> [FaultStep] {
        [.streamHead] + contents.map { .event(FaultStep.chunk(delta: #"{"content":\#($0)}"#)) }
            + [.finish(), .done, .close]
    }

    private static func text(_ text: some StringProtocol) -> String { JSONValue.string(String(text)).description }

    private static let cases: [(content: String, answer: String, thoughts: String)] = [
        ("<think>\nhm 漢\n</think>\n\n4 < 5", "4 < 5", "\nhm 漢\n"),
        ("\n<THINK>a</Think><think>b</think> c", "c", "ab"),
        ("<think>never closed", "", "never closed"),
        ("say <think>aloud</think>", "say <think>aloud</think>", ""),
        ("  <thin", "  <thin", ""),
        ("plain", "plain", ""),
    ]

    @Test(arguments: cases)
    func `a block of thoughts before the answer is reasoning, however it is cut`(
        _ example: (content: String, answer: String, thoughts: String)
    ) async throws {
        let (content, answer, thoughts) = example
        let characters = Array(content)
        let cuts = (0...characters.count).map { [String(characters[..<$0]), String(characters[$0...])] }
        let scripts = (cuts + [characters.map { String($0) }]).map { pieces in
            Self.stream(pieces.filter { !$0.isEmpty }.map(Self.text))
        }
        try await withFaults(scripts: [[.reply(content)]] + scripts) { (client, _) async throws in
            let whole = try await client.chat("Hi")
            #expect((whole.content, whole.reasoning ?? "") == (answer, thoughts))
            for _ in scripts {
                let stream = try await client.stream("Hi")
                var emitted = (text: "", thoughts: "")
                for try await event in stream {
                    if case .text(let text) = event.kind { emitted.text += text }
                    if case .reasoning(let text) = event.kind { emitted.thoughts += text }
                }
                #expect(emitted == (answer, thoughts))
                #expect((stream.replySoFar.content, stream.replySoFar.reasoning ?? "") == (answer, thoughts))
            }
        }
    }

    @Test func `Mistral's thinking parts are reasoning, whole and streamed`() async throws {
        let thinking = #"{"type":"thinking","thinking":[{"type":"text","text":"hm"}],"closed":true}"#
        let parts = #"[\#(thinking),{"type":"text","text":"yes"}]"#
        let whole =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":\#(parts)},"finish_reason":"stop"}]}"#
        let plain = #"[{"type":"thinking","thinking":"hm"}]"#
        for script in [
            [.json(whole)], Self.stream([parts]), Self.stream(["[\(thinking)]", Self.text("yes")]),
            Self.stream([plain, Self.text("y"), Self.text("es")]),
        ] {
            try await withFaults(script) { (client, _) async throws in
                let reply = try await client.stream("Hi").reply()
                #expect((reply.content, reply.reasoning) == ("yes", "hm"))
            }
        }
        try await withFaults([.json(whole)]) { (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect((reply.content, reply.reasoning) == ("yes", "hm"))
        }
    }

    @Test func `the choices of a reply have their thoughts each`() async throws {
        let choice = { (index: Int, text: String) in
            FaultStep.event(#"{"choices":[{"index":\#(index),"delta":{"content":"\#(text)"}}]}"#)
        }
        try await withFaults([
            .streamHead, choice(0, "<think>a"), choice(1, "<think>b"), choice(1, "</think>B"), choice(0, "</think>A"),
            .done, .close,
        ]) { (client, _) async throws in
            let reply = try await client.stream("Hi").reply()
            #expect(reply.choices.map(\.message.text) == ["A", "B"])
            #expect(reply.choices.map(\.message.reasoning) == ["a", "b"])
        }
    }

    @Test func `text that is pending when the stream ends or breaks is emitted first`() async throws {
        let endings: [([FaultStep], String)] = [
            ([.finish(), .close], "finished stop"), ([.done, .close], "finished nil"), ([.close], "interrupted"),
            ([.event(#"{"error":{"message":"m"}}"#), .close], "failed"),
        ]
        for (last, name) in endings {
            try await withFaults([.streamHead, .delta("<thi")] + last) { (client, _) async throws in
                let (text, ending) = try await client.stream("Hi").drained()
                #expect(text == "<thi")
                #expect(ending?.name == name)
            }
        }
    }

    @Test func `a relay in OpenAI's frames stays as it came`() async throws {
        try await withFaults([
            .streamHead, .delta("<think>a</thi"), .delta("nk>"), .delta("b"), .finish(), .done, .close,
        ]) { (client, _) async throws in
            let frames = WrittenFrames()
            let relayed = await client.relay(.init(messages: [.user("Hi")]), to: frames.sink, frames: .openAI)
            #expect(relayed.content == "b")
            #expect(frames.text.contains("<think>a</thi"))
            #expect(frames.count == 5)
        }
    }
}
