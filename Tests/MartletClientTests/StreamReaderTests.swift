import MartletClient
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

/// The one reader of a stream, and when a stream ends.
struct StreamReaderTests {
    @Test func `a second reader gets an error, and the first continues`() async throws {
        let gate = Gate()
        try await withFaults([.streamHead, .delta("a"), .wait(for: gate), .delta("b"), .finish(), .done, .close]) {
            (client, _) async throws in
            let stream = try await client.stream("Hi")
            let text = Locked("")
            let reading = Task {
                do { for try await event in stream { text.withLock { $0 += event.text ?? "" } } } catch {}
                return stream.ending?.name
            }
            try await eventually { text.withLock { $0 } == "a" }
            // It makes no difference whether the first iterator waits for the server at this moment.
            let first = stream.makeAsyncIterator()
            #expect(await failure { try await first.next() }?.reason == .formatError)
            #expect(await failure { try await stream.reply() }?.reason == .formatError)
            gate.open()
            #expect(await reading.value == "finished stop")
            #expect(text.withLock { $0 } == "ab")
        }
    }

    @Test func `a reader that pauses still owns its stream`() async throws {
        try await withFaults([.streamHead, .delta("a"), .delta("b"), .finish(), .done, .close]) {
            (client, _) async throws in
            let stream = try await client.stream("Hi")
            let reader = stream.makeAsyncIterator()
            #expect(try await reader.next()?.text == "a")
            #expect(await failure { try await stream.makeAsyncIterator().next() }?.reason == .formatError)
            #expect(try await reader.next()?.text == "b")
            while try await reader.next() != nil {}
            #expect(stream.ending?.name == "finished stop")
            // Any iterator may read a stream that has ended.
            #expect(try await stream.reply().content == "ab")
        }
    }

    @Test func `an unused iterator does not affect the stream`() async throws {
        try await withFaults([.streamHead, .delta("a"), .finish(), .done, .close]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            _ = stream.makeAsyncIterator()
            #expect(try await stream.reply().content == "a")
        }
    }

    @Test func `a stream ends soon after its finish reason, even if the server does not end it`() async throws {
        try await withFaults(
            [.streamHead, .delta("a"), .finish(), .stall], timeouts: Timeouts(firstToken: nil, idle: nil)
        ) { (client, server) async throws in
            let name = Locked<String?>(nil)
            let reading = Task {
                let ending = try await client.stream("Hi").drained().ending?.name
                name.withLock { $0 = ending }
            }
            defer { reading.cancel() }
            try await eventually { name.withLock { $0 } != nil }
            #expect(name.withLock { $0 } == "finished stop")
            try await eventually { server.openConnections == 0 }
        }
    }

    private static func piece(_ index: Int, _ text: String, isLast: Bool = true) -> FaultStep {
        .event(
            #"{"choices":[{"index":\#(index),"delta":{"content":"\#(text)"},"text":"\#(text)","#
                + #""finish_reason":\#(isLast ? "\"stop\"" : "null")}]}"#)
    }

    @Test func `afterFinish starts with the last choice, and not with a finish reason in every chunk`() async throws {
        var timeouts = Timeouts()
        timeouts.afterFinish = .milliseconds(200)
        let pause = FaultStep.delay(.milliseconds(900))
        let choices: [FaultStep] = [.streamHead, Self.piece(0, "a"), pause, Self.piece(1, "b"), .stall]
        try await withFaults(choices, timeouts: timeouts) { (client, _) async throws in
            var request = Client.ChatRequest(messages: [.user("Hi")])
            request.options.n = 2
            #expect(try await client.stream(request).reply().choices.map(\.message.text) == ["a", "b"])
            let prompts = Client.CompletionRequest(prompts: [.text("x"), .text("y")])
            #expect(try await client.stream(prompts).reply().choices.map(\.text) == ["a", "b"])
        }
        let reasons: [FaultStep] = [
            .streamHead, Self.piece(0, "a"), Self.piece(0, "b"), pause, Self.piece(0, "c"), .done, .close,
        ]
        try await withFaults(reasons, timeouts: timeouts) { (client, _) async throws in
            #expect(try await client.stream("Hi").reply().content == "abc")
            #expect(try await client.stream(Client.CompletionRequest(prompts: [.text("x")])).reply().text == "abc")
        }
    }

    @Test func `usage after the finish reason is awaited`() async throws {
        let usage = #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#
        try await withFaults([.streamHead, .delta("a"), .finish(), .delay(.milliseconds(300)), .event(usage), .stall]) {
            (client, _) async throws in
            #expect(try await client.stream("Hi").reply().usage?.totalTokens == 3)
        }
    }

    @Test func `afterFinish can be turned off`() async throws {
        var timeouts = Timeouts(idle: .milliseconds(400))
        timeouts.afterFinish = nil
        // The idle timeout applies instead.
        let usage = #"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#
        try await withFaults([.streamHead, .delta("a"), .finish(), .event(usage), .stall], timeouts: timeouts) {
            (client, _) async throws in
            let stream = try await client.stream("Hi")
            #expect(await stream.drained().ending?.name == "finished stop")
            #expect(stream.replySoFar.usage?.totalTokens == 3)
        }
    }
}
