import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// A stream ends in exactly one way, and says in which.
struct StreamEndingTests {
    private static let a = FaultStep.delta("a")

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
            // What has ended stays ended, and says the same again.
            stream.cancel()
            #expect(await stream.drained().ending?.name == ending)
            try await eventually { server.openConnections == 0 || ending.hasPrefix("finished") }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `whoever does not get a whole answer is told so by an error`() async throws {
        try await withFaults([.streamHead, Self.a, .close]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            let error = await failure { try await stream.reply() }
            #expect(error?.reason == .interrupted)
            #expect(error?.isRetryable == true)
        }
    }

    @Test func `a stream that says nothing is no answer`() async throws {
        for text in ["", ": ping\n\n: ping\n\n", "data:\n\n", "event: x\n\n"] {
            try await withFaults([.streamHead, .send(text + "\n"), .close], retry: .none) { (client, _) async throws in
                let error = await failure { try await client.stream("Hi") }
                #expect(error?.reason == .connection)
            }
        }
    }

    @Test func `leaving the loop closes the connection before two more events are sent`() async throws {
        let pieces = (0..<1000).flatMap { _ in [FaultStep.delta("x"), .delay(.milliseconds(10))] }
        try await withFaults([.streamHead] + pieces) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            for try await event in stream where event.text != nil { break }
            let writes = server.writes
            try await eventually { server.openConnections == 0 }
            #expect(server.writes <= writes + 2)
            #expect(stream.ending?.name == "cancelled")
        }
    }

    @Test func `letting go of a stream that was never read closes its connection`() async throws {
        try await withFaults([.streamHead, Self.a, .stall]) { (client, server) async throws in
            _ = try await client.stream("Hi")
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `cancelling the reader's task ends the stream as cancelled`() async throws {
        try await withFaults([.streamHead, Self.a, .stall]) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            let reading = Task { await stream.drained().ending?.name }
            try await eventually { stream.replySoFar.content == "a" }
            reading.cancel()
            #expect(await reading.value == "cancelled")
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `cancelling a call that waits ends it, before a response and between two tries`() async throws {
        var policy = RetryPolicy()
        policy.initialDelay = .seconds(3600)
        policy.maximumDelay = .seconds(3600)
        try await withFaults([.stall], [.failure(503)], [.failure(503)], retry: policy) {
            (client, server) async throws in
            for calls in 1...2 {
                let asking = Task { await failure { try await client.chat("Hi") } }
                try await eventually { server.requests.count == calls }
                try await Task.sleep(for: .milliseconds(50))
                asking.cancel()
                #expect(await asking.value?.reason == .cancelled)
            }
        }
    }

    @Test func `two tasks do not read one stream`() async throws {
        try await withFaults([.streamHead, Self.a, .stall]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            let reading = Task { await stream.drained() }
            try await eventually { stream.replySoFar.content == "a" }
            try await Task.sleep(for: .milliseconds(20))
            let error = await failure { try await stream.makeAsyncIterator().next() }
            #expect(error?.reason == .formatError)
            stream.cancel()
            _ = await reading.value
        }
    }

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

    @Test func `a stream of every size of piece reads the same`() async throws {
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

    @Test func `an event that is too long fails its stream and is not cut`() async throws {
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

    @Test func `an event that is no JSON fails a stream that is strict`() async throws {
        try await withFaults([.streamHead, Self.a, .event("secret words"), .stall]) { (client, _) async throws in
            var client = client
            client.skipsBadEvents = false
            let stream = try await client.stream("Hi")
            let error = await failure { try await stream.reply() }
            #expect(error?.reason == .badResponse)
            #expect(error?.description.contains("secret") == false)
        }
    }

    @Test func `a server that does not stream is read all the same`() async throws {
        try await withFaults([.reply("whole")]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            #expect(try await stream.reply().content == "whole")
            #expect(stream.ending?.name == "finished stop")
            #expect(stream.replySoFar.usage?.totalTokens == 5)
        }
    }

    @Test func `a hundred megabytes to a slow reader stay on the server's side`() async throws {
        // Each event carries a kilobyte that nobody keeps.
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
            // As long as nobody reads, the server cannot get rid of more than the buffers in between hold.
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
}
