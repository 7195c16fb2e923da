import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A stream ends in exactly one way.
struct StreamEndingTests {
    private static let a = FaultStep.delta("a")

    // Checklist rows S3-32, S4-src-2, S4-src-13.
    @Test(
        arguments: [
            ([a, .finish(), .done, .close], "a", "finished stop"),
            ([a, .finish("length"), .close], "a", "finished length"),
            ([a, .done, .close], "a", "finished nil"),
            ([a, .finish(), .done, .stall], "a", "finished stop"),
            ([a, .close], "a", "interrupted"),
            ([a, .reset], "a", "interrupted"),
            (
                [a, .event(#"{"error":{"message":"out of memory","type":"server_error","code":500}}"#), .done], "a",
                "failed"
            ),
            ([a, .event(#"{"error":"out of memory"}"#), .close], "a", "failed"),
            ([a, .event(#"{"object":"error","message":"out of memory","code":40303}"#), .close], "a", "failed"),
            ([a, .event(#"{"detail":"out of memory"}"#), .close], "a", "failed"),
            ([a, .event("no json"), .delta("b"), .finish(), .done, .close], "ab", "finished stop"),
            ([a, .event("null"), .event("[1]"), .delta("b"), .finish(), .done, .close], "ab", "finished stop"),
            (
                [
                    a, .finish(), .send(": c\n\n"), .event(#"{"choices":[],"usage":{"prompt_tokens":1}}"#), .done,
                    .close,
                ], "a",
                "finished stop"
            ),
        ] as [([FaultStep], String, String)])
    func `a stream ends in one way`(_ steps: [FaultStep], _ text: String, _ ending: String) async throws {
        try await withFaults([.streamHead] + steps) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            let (read, end) = await stream.drained()
            #expect(read == text)
            #expect(end?.name == ending)
            #expect(stream.replySoFar.content == text)
            if case .failed(let error) = end {
                #expect(error.message == "out of memory")
                #expect(!error.body.isEmpty)
            }
            // The ending does not change any more.
            stream.cancel()
            #expect(await stream.drained().ending?.name == ending)
            try await eventually { server.openConnections == 0 || ending.hasPrefix("finished") }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `an incomplete reply is an error`() async throws {
        try await withFaults([.streamHead, Self.a, .close]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            let error = await failure { try await stream.reply() }
            #expect(error?.reason == .interrupted)
            #expect(error?.isRetryable == true)
        }
    }

    @Test func `a stream without events is a connection error`() async throws {
        for text in ["", ": ping\n\n: ping\n\n", "data:\n\n", "event: x\n\n"] {
            try await withFaults([.streamHead, .send(text + "\n"), .close], retry: .none) { (client, _) async throws in
                let error = await failure { try await client.stream("Hi") }
                #expect(error?.reason == .connection)
            }
        }
    }

    // Checklist row S3-16.
    @Test func `with several choices the end of one is not the end`() async throws {
        let chunk = { (index: Int, delta: String, finish: String) in
            FaultStep.event(#"{"choices":[{"index":\#(index),"delta":{\#(delta)},"finish_reason":\#(finish)}]}"#)
        }
        let steps = [
            chunk(1, #""content":"b""#, "null"), chunk(0, #""content":"a""#, #""length""#), chunk(1, "", #""stop""#),
        ]
        try await withFaults([.streamHead] + steps + [.close], [.streamHead] + steps.dropLast() + [.close]) {
            client, _ in
            let whole = try await client.stream("Hi")
            #expect(await whole.drained().ending?.name == "finished length")
            #expect(whole.replySoFar.choices.map(\.message.text) == ["a", "b"])
            #expect(whole.replySoFar.choices.map(\.finishReason) == [.length, .stop])
            #expect(await (try client.stream("Hi")).drained().ending?.name == "interrupted")
        }
    }

    // Checklist rows S0-src-15, S0-src-16, S0-src-19, S0-src-20, S0-src-21.
    @Test func `a stream reads the same in pieces of any size`() async throws {
        let text =
            FaultStep.eventText(FaultStep.chunk(delta: #"{"content":"é漢🙂\u2028"}"#))
            .replacing("\n", with: "\r\n") + ": c\r\n\r\n" + "data:" + FaultStep.chunk(delta: "{}", finish: "stop")
        for size in [1, 2, 3, 7, 1000] {
            try await withFaults([.streamHead, .send(text, inPiecesOf: size), .close]) { (client, _) async throws in
                let (read, ending) = await (try client.stream("Hi")).drained()
                #expect(read == "é漢🙂\u{2028}")
                #expect(ending?.name == "finished stop")
            }
        }
    }

    @Test func `an event over the limit fails its stream`() async throws {
        try await withFaults([.streamHead, Self.a, .delta(String(repeating: "x", count: 5000)), .stall]) {
            client, server in
            var client = client
            client.eventLimit = 4096
            let stream = try await client.stream("Hi")
            let error = await failure { try await stream.reply() }
            #expect(error?.description.hasPrefix("llm: stream read") == true)
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `an event that is not JSON fails a strict stream`() async throws {
        try await withFaults([.streamHead, Self.a, .event("secret words"), .stall]) { (client, _) async throws in
            var client = client
            client.skipsBadEvents = false
            let stream = try await client.stream("Hi")
            let error = await failure { try await stream.reply() }
            #expect(error?.reason == .badResponse)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test func `a response that is not streamed is read as a stream`() async throws {
        try await withFaults([.reply("whole")]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            #expect(try await stream.reply().content == "whole")
            #expect(stream.ending?.name == "finished stop")
            #expect(stream.replySoFar.usage?.totalTokens == 5)
        }
    }

    @Test func `a slow reader does not make the client buffer a hundred megabytes`() async throws {
        // Each event has a kilobyte that is not kept.
        let padding = String(repeating: "x", count: 1000)
        let event = FaultStep.eventText(#"{"choices":[{"index":0,"delta":{"content":"a"}}],"padding":"\#(padding)"}"#)
        let perWrite = 100
        let writes = 1000
        try await withFaults(
            [.streamHead, .send(String(repeating: event, count: perWrite), times: writes), .finish(), .done, .close]
        ) { (client, server) async throws in
            let stream = try await client.stream(Client.ChatRequest(messages: [.user("Hi")]), keepsReply: false)
            let iterator = stream.makeAsyncIterator()
            _ = try await iterator.next()
            // Without a reader the server can send no more than the buffers in between hold.
            var sent = -1
            while sent != server.bytesSent {
                sent = server.bytesSent
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(sent < 20_000_000)
            let before = residentBytes()
            var count = 1
            while let event = try await iterator.next() { count += event.text == nil ? 0 : 1 }
            #expect(count == perWrite * writes)
            #expect(server.bytesSent > 100_000_000)
            #expect(residentBytes() < before + 50_000_000)
        }
    }

    // Checklist row S3-28.
    @Test func `the event limit can be raised, and exceeding it is an error`() async throws {
        let long = FaultStep.delta(String(repeating: "x", count: 2 << 20))
        try await withFaults([.streamHead, .delta("a"), long, .finish(), .done, .close]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            #expect(await failure { try await stream.reply() }?.description.hasPrefix("llm: stream read") == true)
            var generous = client
            generous.eventLimit = 4 << 20
            #expect(try await generous.stream("Hi").reply().content.utf8.count == 1 + 2 << 20)
        }
    }

    // Checklist rows S4-src-15, S4-src-16.
    @Test func `a connection that breaks after the finish reason leaves the reply complete`() async throws {
        let chunked = FaultStep.head(200, ["Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"])
        let piece = { (text: String) in FaultStep.send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n") }
        let scripts: [[FaultStep]] = [
            [.streamHead, .delta("a"), .finish(), .delay(.milliseconds(50)), .reset],
            [
                chunked, piece(FaultStep.eventText(FaultStep.chunk(delta: #"{"content":"a"}"#))),
                piece(FaultStep.eventText(FaultStep.chunk(delta: "{}", finish: "stop"))), .close,
            ],
        ]
        for script in scripts {
            try await withFaults(script) { (client, server) async throws in
                let (text, ending) = try await client.stream("Hi").drained()
                #expect(text == "a")
                #expect(ending?.name == "finished stop")
            }
        }
    }

    @Test func `a truncated last event is an interruption, not a malformed event`() async throws {
        try await withFaults([.streamHead, .delta("a"), .send("data: {\"id\":"), .close]) {
            (client, server) async throws in
            var client = client
            client.skipsBadEvents = false
            let (_, ending) = try await client.stream("Hi").drained()
            #expect(ending?.name == "interrupted")
        }
    }
}
