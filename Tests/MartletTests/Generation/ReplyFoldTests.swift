import MartletHTTP
import MartletJSON
import MartletOpenAI
import Testing

@testable import Martlet

struct ReplyFoldTests {
    static func plan(
        isStreamed: Bool, includesUsage: Bool = false, n: Int = 1, promptTokens: [Int] = [5], stop: [String] = [],
        maxTokens: Int? = nil, showsTokens: Bool = false, echoes: Bool = false
    ) -> ReplyPlan {
        ReplyPlan(
            id: "9f", model: "toy", created: 1_700_000_000, isStreamed: isStreamed,
            streamOptions: StreamOptions(includesUsage: includesUsage), n: n,
            prompts: promptTokens.map { ReplyPlan.Prompt(tokenCount: $0, maxTokens: maxTokens) }, stop: stop,
            echoes: echoes, showsTokens: showsTokens)
    }

    /// The stream that the events of one prompt give.
    private static func stream(_ plan: ReplyPlan, _ format: any ChoiceFormat, _ events: [StreamEvent]) -> String {
        var fold = ReplyFold(plan, format: format)
        var bytes: [UInt8] = []
        for event in events { _ = fold.receive(event, promptIndex: 0, to: &bytes) }
        fold.end(promptIndex: 0, reason: nil, to: &bytes)
        fold.appendEnd(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func whole(_ plan: ReplyPlan, _ format: any ChoiceFormat, _ events: [StreamEvent]) -> String {
        var fold = ReplyFold(plan, format: format)
        var bytes: [UInt8] = []
        for event in events { _ = fold.receive(event, promptIndex: 0, to: &bytes) }
        fold.end(promptIndex: 0, reason: nil, to: &bytes)
        #expect(bytes.isEmpty, "a whole reply leaves at its end only")
        return String(decoding: fold.wholeReply(), as: UTF8.self)
    }

    private static func envelope(_ id: String, _ object: String) -> String {
        #"{"id":"\#(id)","object":"\#(object)","created":1700000000,"model":"toy","#
            + #""system_fingerprint":"\#(Version.fingerprint)""#
    }

    @Test(arguments: [false, true])
    func `an API can add members to the replies of OpenAI's, in a stream to its last chunk`(isStreamed: Bool) {
        for includesUsage in [false, true] {
            let plan = Self.plan(isStreamed: isStreamed, includesUsage: includesUsage, stop: ["."])
            let format = OpenAIFormat(plan, ChatFormat()) { facts in
                [
                    "stats": [
                        "tokens": .number(JSONNumber(facts.usage.completionTokens)),
                        "isStopped": .bool(facts.stop == .string(".")),
                    ]
                ]
            }
            var (fold, bytes) = (ReplyFold(plan, format: format), [UInt8]())
            for event in [StreamEvent.text("a"), .text("b.")] { _ = fold.receive(event, promptIndex: 0, to: &bytes) }
            if isStreamed { fold.appendEnd(to: &bytes) } else { bytes = fold.wholeReply() }
            let text = String(decoding: bytes, as: UTF8.self)
            let added = #","stats":{"tokens":2,"isStopped":true}}"#
            #expect(text.hasSuffix(isStreamed ? "\(added)\n\ndata: [DONE]\n\n" : added))
            #expect(text.contains(#""usage":{"#) == (includesUsage || !isStreamed))
        }
    }

    // MARK: Frames

    @Test func `a chat streams role, text, finish and the end`() {
        let start = "data: " + Self.envelope("chatcmpl-9f", "chat.completion.chunk") + #","choices":["#
        #expect(
            Self.stream(Self.plan(isStreamed: true), ChatFormat(), [.text("Hello")])
                == start
                + #"{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}"#
                + "\n\n" + start + #"{"index":0,"delta":{"content":"Hello"},"logprobs":null,"finish_reason":null}]}"#
                + "\n\n" + start + #"{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}"#
                + "\n\ndata: [DONE]\n\n")
    }

    @Test func `a completion streams text, finish, usage and the end, with null usage before`() {
        let start = "data: " + Self.envelope("cmpl-9f", "text_completion") + #","choices":["#
        #expect(
            Self.stream(
                Self.plan(isStreamed: true, includesUsage: true, maxTokens: 1), CompletionFormat(), [.text(" wor")])
                == start + #"{"text":" wor","index":0,"logprobs":null,"finish_reason":null}],"usage":null}"#
                + "\n\n" + start + #"{"text":"","index":0,"logprobs":null,"finish_reason":"length"}],"usage":null}"#
                + "\n\n" + start + #"],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}"#
                + "\n\ndata: [DONE]\n\n")
    }

    @Test func `a chat that is not streamed is one object`() {
        #expect(
            Self.whole(Self.plan(isStreamed: false), ChatFormat(), [.text("Hel"), .text("lo")])
                == Self.envelope("chatcmpl-9f", "chat.completion")
                + #","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},"#
                + #""logprobs":null,"finish_reason":"stop"}],"#
                + #""usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#)
    }

    @Test func `a completion that is not streamed is one object`() {
        #expect(
            Self.whole(Self.plan(isStreamed: false, maxTokens: 1), CompletionFormat(), [.text(" world")])
                == Self.envelope("cmpl-9f", "text_completion")
                + #","choices":[{"text":" world","index":0,"logprobs":null,"finish_reason":"length"}],"#
                + #""usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}"#)
    }

    @Test(arguments: ChatFormatTests.hostile)
    func `a model's name is escaped`(_ name: String) throws {
        var plan = Self.plan(isStreamed: true)
        plan.model = name
        for frame in try Frames(Self.stream(plan, ChatFormat(), [.text("a")])).objects {
            #expect(frame["model"] == .string(name))
        }
        plan.isStreamed = false
        let whole = try JSONValue(parsing: Array(Self.whole(plan, ChatFormat(), [.text("a")]).utf8))
        #expect(whole.object?["model"] == .string(name))
    }

    @Test(
        arguments: [.reasoning("hm"), .toolCall(ToolCallFragment(index: 0)), .usage(promptTokens: 3), .text("")]
            as [StreamEvent])
    func `no frame is written for a delta that a completion does not show`(_ event: StreamEvent) {
        var fold = ReplyFold(Self.plan(isStreamed: true), format: CompletionFormat())
        var bytes: [UInt8] = [0x61]
        _ = fold.receive(event, promptIndex: 0, to: &bytes)
        #expect(bytes == [0x61])
    }

    @Test func `each choice has one role chunk and one finish chunk`() throws {
        let events: [StreamEvent] = [.text("a", choice: 1), .text("b", choice: 0), .finish(.length, choice: 1)]
        let frames = try Frames(Self.stream(Self.plan(isStreamed: true, n: 3), ChatFormat(), events))
        let emitted = frames.objects.compactMap { $0["choices"]?.array?.first?.object }
        for index in 0..<3 {
            let own = emitted.filter { $0["index"] == .number(JSONNumber(index)) }
            #expect(own.first?["delta"]?.object?["role"] == "assistant")
            #expect(own.count { $0["delta"]?.object?["role"] != nil } == 1)
            #expect(own.last?["finish_reason"] == (index == 1 ? "length" : "stop"))
            #expect(own.count { $0["finish_reason"] != .null } == 1)
        }
    }

    // MARK: Counting

    @Test func `an outcome counts tokens, and says when a prompt's last open choice was cut`() {
        var fold = ReplyFold(
            Self.plan(isStreamed: true, n: 2, promptTokens: [1, 1], stop: ["."], maxTokens: 2), format: ChatFormat())
        var bytes: [UInt8] = []
        func outcome(_ event: StreamEvent, _ promptIndex: Int) -> [Int] {
            let outcome = fold.receive(event, promptIndex: promptIndex, to: &bytes)
            return [outcome.tokens, outcome.isCutShort ? 1 : 0]
        }
        #expect(outcome(.text("a"), 0) == [1, 0])
        #expect(outcome(.usage(completionTokens: 9), 0) == [0, 0])
        #expect(outcome(.text("b"), 0) == [1, 0], "choice 1 is open")
        #expect(outcome(.text("late"), 0) == [0, 0])
        #expect(!fold.isOver(promptIndex: 0))
        #expect(outcome(.text("c.", choice: 1), 0) == [1, 1])
        #expect(fold.isOver(promptIndex: 0))
        #expect(!fold.isOver(promptIndex: 1))
        #expect(!fold.isOver)
        #expect(outcome(.finish(.stop), 1) == [0, 0])
        #expect(outcome(.finish(.stop, choice: 1), 1) == [0, 0], "the backend ended it itself")
        #expect(fold.isOver)
    }

    @Test func `only choices below n exist`() {
        let fold = ReplyFold(Self.plan(isStreamed: true, n: 2), format: ChatFormat())
        #expect(
            [-1, 0, 1, 2, .min, .max].map { fold.hasChoice($0) } == [false, true, true, false, false, false])
    }

    @Test(
        arguments: [
            ([], #"{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}"#),
            ([(0, .usage(promptTokens: 10))], #"{"prompt_tokens":14,"completion_tokens":3,"total_tokens":17}"#),
            ([(1, .usage(completionTokens: 20))], #"{"prompt_tokens":7,"completion_tokens":22,"total_tokens":29}"#),
            (
                [(0, .usage(promptTokens: 10, completionTokens: 20)), (0, .usage(completionTokens: 21))],
                #"{"prompt_tokens":14,"completion_tokens":22,"total_tokens":36}"#
            ),
            (
                [(0, .usage(cachedTokens: 2)), (1, .usage(promptTokens: 4, cachedTokens: 3))],
                #"{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":5}}"#
            ),
            (
                [(0, .usage(completionTokens: 20, reasoningTokens: 16))],
                #"{"prompt_tokens":7,"completion_tokens":21,"total_tokens":28,"completion_tokens_details":{"reasoning_tokens":16}}"#
            ),
        ] as [([(Int, StreamEvent)], String)])
    func `usage is summed over prompts, and reported counts replace the framework's`(
        _ reports: [(promptIndex: Int, event: StreamEvent)], _ expected: String
    ) throws {
        for isStreamed in [true, false] {
            var fold = ReplyFold(
                Self.plan(isStreamed: isStreamed, includesUsage: true, promptTokens: [3, 4]), format: CompletionFormat()
            )
            var bytes: [UInt8] = []
            for (promptIndex, event) in [(0, .text("a")), (1, .text("b"))] + reports + [(0, .text("c"))]
                as [(Int, StreamEvent)]
            {
                _ = fold.receive(event, promptIndex: promptIndex, to: &bytes)
            }
            for promptIndex in 0...1 { fold.end(promptIndex: promptIndex, reason: nil, to: &bytes) }
            if isStreamed { fold.appendEnd(to: &bytes) } else { bytes = fold.wholeReply() }
            let last =
                isStreamed
                ? try Frames(String(decoding: bytes, as: UTF8.self)).objects.last : try JSONValue(parsing: bytes).object
            #expect(last?["usage"]?.description == expected)
        }
    }
}

/// The data of a stream's events, without the end.
struct Frames {
    let objects: [JSONObject]

    init(_ stream: String) throws {
        let done = String(decoding: ServerSentEvents.done, as: UTF8.self)
        try #require(stream.hasSuffix(done))
        objects = try stream.dropLast(done.count).split(separator: "\n\n").map { event in
            try #require(event.hasPrefix("data: "))
            return try #require(try JSONValue(parsing: Array(event.dropFirst(6).utf8)).object)
        }
    }
}
