import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Reasoning that servers leave in the content.
struct ReasoningTests {
    private static func stream(_ contents: [String]) -> [FaultStep] {
        [.streamHead] + contents.map { .event(FaultStep.chunk(delta: #"{"content":\#($0)}"#)) }
            + [.finish(), .done, .close]
    }

    private static func text(_ text: some StringProtocol) -> String { JSONValue.string(String(text)).description }

    private static let cases: [(content: String, reply: String, reasoning: String)] = [
        ("<think>\nhm 漢\n</think>\n\n4 < 5", "4 < 5", "\nhm 漢\n"),
        ("\n<THINK>a</Think><think>b</think> c", "c", "ab"),
        ("<think>never closed", "", "never closed"),
        ("say <think>aloud</think>", "say <think>aloud</think>", ""),
        ("  <thin", "  <thin", ""),
        ("plain", "plain", ""),
    ]

    @Test(arguments: cases)
    func `a block before the reply is reasoning, wherever it is split`(
        _ example: (content: String, reply: String, reasoning: String)
    ) async throws {
        let (content, reply, reasoning) = example
        let characters = Array(content)
        let cuts = (0...characters.count).map { [String(characters[..<$0]), String(characters[$0...])] }
        let scripts = (cuts + [characters.map { String($0) }]).map { pieces in
            Self.stream(pieces.filter { !$0.isEmpty }.map(Self.text))
        }
        try await withFaults(scripts: [[.reply(content)]] + scripts) { (client, _) async throws in
            let whole = try await client.chat("Hi")
            #expect((whole.content, whole.reasoning ?? "") == (reply, reasoning))
            for _ in scripts {
                let stream = try await client.stream("Hi")
                var emitted = (text: "", reasoning: "")
                for try await event in stream {
                    if case .text(let text) = event.kind { emitted.text += text }
                    if case .reasoning(let text) = event.kind { emitted.reasoning += text }
                }
                #expect(emitted == (reply, reasoning))
                #expect((stream.replySoFar.content, stream.replySoFar.reasoning ?? "") == (reply, reasoning))
            }
        }
    }

    @Test func `Mistral's thinking parts are reasoning, streamed or not`() async throws {
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

    @Test func `each choice has its own reasoning`() async throws {
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

    @Test func `buffered text is emitted before the stream's end or error`() async throws {
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

    @Test func `another tag can be set, and the separation turned off`() async throws {
        try await withFaults([.reply("<thought>r</thought>a")]) { (client, _) async throws in
            var client = client
            client.reasoningTag = "thought"
            let separated = try await client.chat("Hi")
            #expect((separated.content, separated.reasoning) == ("a", "r"))
            client.separatesReasoning = false
            let plain = try await client.chat("Hi")
            #expect((plain.content, plain.reasoning) == ("<thought>r</thought>a", nil))
            #expect(try await client.stream("Hi").reply().content == "<thought>r</thought>a")
        }
    }
}
