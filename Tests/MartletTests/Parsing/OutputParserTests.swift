import Testing

@testable import Martlet

struct OutputParserTests {
    /// The assembled events of an output.
    private struct Output: Equatable, CustomStringConvertible {
        var text = ""
        var reasoning = ""
        /// Each as `name(arguments)`.
        var calls: [String] = []
        var ids: [String] = []
        var tokens = 0

        var description: String {
            "text \(text.debugDescription), reasoning \(reasoning.debugDescription), calls \(calls)"
        }
    }

    private static func assemble(_ events: [StreamEvent]) -> Output {
        var output = Output()
        var bytes: [UInt8] = []
        for event in events {
            output.tokens += event.tokenCount
            if let token = event.token { bytes += token.bytes }
            if let text = event.text { bytes += Array(text.utf8) }
            output.reasoning += event.reasoning ?? ""
            guard let fragment = event.toolCall else { continue }
            if let name = fragment.name {
                #expect(fragment.index == output.calls.count)
                output.calls.append(name + "(")
                output.ids.append(fragment.id ?? "")
            }
            output.calls[fragment.index] += fragment.arguments
        }
        output.text = String(decoding: bytes, as: UTF8.self)
        output.calls = output.calls.map { $0 + ")" }
        return output
    }

    private static func parse(_ pieces: [[UInt8]], startsInReasoning: Bool = false) -> Output {
        var parser = OutputParser(
            reasoning: .think, toolCalls: .toolCall, startsInReasoning: startsInReasoning, makeID: { "id" })
        var events: [StreamEvent] = []
        for (id, bytes) in pieces.enumerated() { events += parser.receive(Token(id: id, bytes: bytes, logprob: -1)) }
        return assemble(events + parser.finish())
    }

    static let outputs: [(output: String, text: String, reasoning: String, calls: [String])] = [
        ("plain < text <b>with</b> signs <", "plain < text <b>with</b> signs <", "", []),
        ("<think>I need € more.</think>56 < 57", "56 < 57", "I need € more.", []),
        (" \n<think>\n a\n b \n</think>\n\n 56", "56", "a\n b", []),
        ("<think>never closed € <", "", "never closed € <", []),
        ("not first <think>x</think>", "not first <think>x</think>", "", []),
        ("</think>no opening", "</think>no opening", "", []),
        (
            #"<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>"#, "", "",
            [#"get_weather({"city": "Oslo"})"#]
        ),
        (
            #"On it. <tool_call>\#n{"arguments": {"a": [1, {"b": "}]\"</tool_call>"}]}, "name": "f"}\#n</tool_call> "#,
            "On it. ", "", [#"f({"a": [1, {"b": "}]\"</tool_call>"}]})"#]
        ),
        (
            #"<think>hm</think><tool_call>{"name":"f","arguments":{}}</tool_call>\#n<tool_call>{"name":"g"}</tool_call>!"#,
            "!", "hm", ["f({})", "g({})"]
        ),
        (
            #"<tool_call>{"name":"f€","parameters":{"x":"€é"}}</tool_call>"#, "", "", [#"f€({"x":"€é"})"#]
        ),
        (#"<tool_call>{"name":"f","arguments":"{\"a\": 1}"}</tool_call>"#, "", "", [#"f({"a": 1})"#]),
        (#"<tool_call>{"name":"f","arguments":{"a": 1"#, "", "", [#"f({"a": 1)"#]),
        (#"<tool_call>{"id":7,"other":[1,{"name":"no"}],"name":"f"}</tool_call>"#, "", "", ["f({})"]),
        ("<tool_call>not JSON</tool_call> so", "<tool_call>not JSON</tool_call> so", "", []),
        (#"<tool_call>{"arguments":{}}</tool_call>"#, #"<tool_call>{"arguments":{}}</tool_call>"#, "", []),
        (#"<tool_call>{"name":"#, #"<tool_call>{"name":"#, "", []),
        (#"<tool_call>{"name":7,"arguments":{}}"#, #"<tool_call>{"name":7,"arguments":{}}"#, "", []),
        (#"<tool_call>{"name":"f","arguments":{}} junk </tool_call>after"#, "after", "", ["f({})"]),
        (#"<tool_call>{"name":"f","arguments":{} oops "x": 1}</tool_call>after"#, "after", "", ["f({})"]),
        ("<tool_<tool_call><tool_cal", "<tool_<tool_call><tool_cal", "", []),
    ]

    @Test(arguments: outputs)
    func `reasoning, text and tool calls are separated at every split into tokens`(
        output: String, text: String, reasoning: String, calls: [String]
    ) {
        let bytes = Array(output.utf8)
        let expected = Output(
            text: text, reasoning: reasoning, calls: calls, ids: calls.map { _ in "id" }, tokens: 0)
        func expect(_ pieces: [[UInt8]]) {
            var output = Self.parse(pieces)
            #expect(output.tokens == pieces.count, "\(pieces.count) tokens")
            output.tokens = 0
            #expect(output == expected)
        }
        expect([bytes])
        expect(bytes.map { [$0] })
        for first in 0...bytes.count {
            expect([Array(bytes[..<first]), Array(bytes[first...])])
            for second in stride(from: first, to: bytes.count, by: 3) {
                expect([Array(bytes[..<first]), Array(bytes[first..<second]), [], Array(bytes[second...])])
            }
        }
    }

    @Test func `plain text passes as its original tokens`() {
        var parser = OutputParser()
        let tokens = ["Hello", " world", "€", "!"].enumerated().map { id, text in
            Token(id: id, bytes: Array(text.utf8), logprob: -Float(id), topLogprobs: [.init(bytes: [1], logprob: -2)])
        }
        let events = tokens.flatMap { parser.receive($0) } + parser.finish()
        #expect(events == tokens.map { .token($0) })
    }

    @Test func `buffered text is emitted as its original tokens`() {
        var parser = OutputParser()
        let tokens = ["a", " <tool", "_ca", "r>", "b<"].enumerated().map { id, text in
            Token(id: id, bytes: Array(text.utf8), logprob: -1)
        }
        let events = tokens.flatMap { parser.receive($0) } + parser.finish()
        let output = Self.assemble(events)
        #expect(output.text == "a <tool_car>b<")
        #expect(events.compactMap { $0.token?.id } == [0, 1, 2, 3, 4])
        #expect(output.tokens == 5)
    }

    @Test func `a split token has its id and log-probability in its first part, and is counted with its last`() {
        var parser = OutputParser()
        let first = parser.receive(Token(id: 7, bytes: Array("so<tool".utf8), logprob: -1))
        #expect(first == [.token(Token(id: 7, bytes: Array("so".utf8), logprob: -1), tokenCount: 0)])
        let rest = parser.finish()
        #expect(rest == [.token(Token(bytes: Array("<tool".utf8)), tokenCount: 1)])
    }

    @Test func `the output may begin inside reasoning that the prompt has opened`() {
        let output = Self.parse([Array("hm</think>yes".utf8)], startsInReasoning: true)
        #expect(output.reasoning == "hm")
        #expect(output.text == "yes")
    }

    @Test func `delimiters can be configured`() {
        var parser = OutputParser(reasoning: OutputDelimiters("[", "]"), toolCalls: nil)
        let events = parser.receive(Token(bytes: Array("[hm]<tool_call>{}".utf8))) + parser.finish()
        #expect(Self.assemble(events).reasoning == "hm")
        #expect(Self.assemble(events).text == "<tool_call>{}")
    }

    @Test(arguments: [
        ("<think>hm</think>\n\n\n yes", "\n yes", "hm", 0), ("<think>hm</think> yes", " yes", "hm", 0),
        ("<think>hm</think>\nyes", "yes", "hm", 0), ("<think>hm</think>\n", "", "hm", 0), ("\nyes", "\nyes", "", 0),
        (#"a<tool_call>{"name":"f"}</tool_call>"#, #"a<tool_call>{"name":"f"}</tool_call>"#, "", 0),
        (#"<tool_call>{"name":"f"}</tool_call>\#n<tool_call>{"name":"f"}</tool_call>"#, "", "", 2),
        (#"<think>hm</think>\#n<tool_call>{"name":"f"}</tool_call>"#, "", "hm", 1),
        (#"<tool_call>no<tool_call>{"name":"f"}"#, #"<tool_call>no<tool_call>{"name":"f"}"#, "", 0),
    ])
    func `output that follows a grammar has nothing but two newlines between thought and text, and no calls in text`(
        written: String, text: String, reasoning: String, calls: Int
    ) {
        let bytes = Array(written.utf8)
        for cut in bytes.indices {
            var parser = OutputParser(
                reasoning: .think, toolCalls: .toolCall, newlinesAfterReasoning: 2, separatesText: true)
            let pieces = [bytes[..<cut], bytes[cut...]].map { Token(bytes: Array($0)) }
            let output = Self.assemble(pieces.flatMap { parser.receive($0) } + parser.finish())
            #expect(output.text == text && output.reasoning == reasoning && output.calls.count == calls)
            #expect(output.tokens == 2)
        }
    }

    @Test func `calls are emitted as they are written`() {
        var parser = OutputParser(reasoning: nil, toolCalls: .toolCall, makeID: { "id" })
        func fragments(_ text: String) -> [ToolCallFragment] {
            parser.receive(Token(bytes: Array(text.utf8))).compactMap(\.toolCall)
        }
        #expect(fragments(#"<tool_call>{"name": "f", "#) == [])
        #expect(
            fragments(#""arguments": {"#) == [.init(index: 0, id: "id", name: "f"), .init(index: 0, arguments: "{")])
        #expect(fragments(#""a":"#) == [.init(index: 0, arguments: #""a":"#)])
        #expect(fragments("1}}</tool_call>") == [.init(index: 0, arguments: "1}")])
    }

    @Test func `call ids are generated and unique`() {
        var parser = OutputParser()
        let call = #"<tool_call>{"name":"f"}</tool_call>"#
        let events = parser.receive(Token(bytes: Array((call + call).utf8))) + parser.finish()
        let ids = Self.assemble(events).ids
        #expect(ids.count == 2)
        #expect(Set(ids).count == 2)
        #expect(ids.allSatisfy { $0.hasPrefix("call_") && $0.utf8.count == 29 })
    }

    @Test(arguments: ["<", "<think", "<tool_call>", "<tool_call>{", " ", "</think>", "€"])
    func `a hundred thousand repetitions are parsed in bounded time, and all counted`(piece: String) {
        var parser = OutputParser()
        var tokens = 0
        for _ in 0..<100_000 {
            for event in parser.receive(Token(bytes: Array(piece.utf8))) { tokens += event.tokenCount }
        }
        for event in parser.finish() { tokens += event.tokenCount }
        #expect(tokens == 100_000)
    }

    @Test func `a call without a name becomes text after a megabyte`() {
        var parser = OutputParser()
        var events = parser.receive(Token(bytes: Array(#"<tool_call>{"arguments":"x"#.utf8)))
        for _ in 0..<1200 where events.isEmpty {
            events += parser.receive(Token(bytes: Array(repeating: 0x78, count: 1000)))
        }
        #expect(!events.isEmpty)
        #expect(Self.assemble(events).text.hasPrefix("<tool_call>"))
    }

    @Test func `the token that reaches the limit is emitted completely`() {
        let outputs = ["b<", #"<tool_call>{"name":"f","arguments":{"a":1}}"#, "<think>hm"]
        for (output, expected) in zip(outputs, ["b<", #"f({"a":1})"#, "hm"]) {
            var parser = OutputParser(reasoning: .think, toolCalls: .toolCall, makeID: { "id" })
            var fold = ChoiceFold(StopMatcher([]), ChoiceFold.Rules(maxTokens: 1))
            var choice = AssembledChoice()
            for event in parser.receive(Token(id: 1, bytes: Array(output.utf8))) + parser.finish() {
                _ = fold.receive(event) { choice.receive($0) }
            }
            fold.finish(.length) { choice.receive($0) }
            let calls = choice.toolCalls.map { "\($0.name)(\($0.arguments))" }.joined()
            #expect(String(decoding: choice.text, as: UTF8.self) + choice.reasoning + calls == expected)
        }
    }
}
