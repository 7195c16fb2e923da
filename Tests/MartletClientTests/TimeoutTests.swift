import MartletClient
import MartletTestSupport
import MartletTesting
import Testing

/// Four limits, each of which says its name.
struct TimeoutTests {
    private static let short = Duration.milliseconds(150)

    @Test func `no first token`() async throws {
        for steps: [FaultStep] in [
            [.stall], [.send("HTTP/1.1 200 OK\r\nContent-"), .stall], [.streamHead, .stall],
            [.streamHead, .send(": ping\n\n"), .stall],
        ] {
            try await withFaults(steps, timeouts: Timeouts(firstToken: Self.short)) { (client, server) async throws in
                let error = await failure { try await client.stream("Hi") }
                #expect(error?.timeout == .firstToken)
                #expect(error?.reason == .timeout)
                #expect(error?.message.contains("timeouts.firstToken") == true)
                try await eventually { server.openConnections == 0 }
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `no part of a whole reply`() async throws {
        for steps: [FaultStep] in [[.stall], [.head(200, ["Content-Length": "5"]), .stall]] {
            try await withFaults(steps, timeouts: Timeouts(firstToken: Self.short)) { (client, server) async throws in
                #expect(await failure { try await client.chat("Hi") }?.timeout == .firstToken)
                try await eventually { server.openConnections == 0 }
            }
        }
    }

    @Test(
        arguments: [
            [.streamHead, .delta("a"), .stall],
            [.streamHead, .delta("a"), .send(": ping\n\n"), .stall],
        ] as [[FaultStep]])
    func `tokens that stop`(_ steps: [FaultStep]) async throws {
        try await withFaults(steps, timeouts: Timeouts(idle: Self.short)) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            let error = await failure { try await stream.reply() }
            #expect(error?.timeout == .idle)
            #expect(stream.ending?.name == "failed")
            #expect(stream.replySoFar.content == "a")
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `a whole reply that stalls`() async throws {
        let steps: [FaultStep] = [.head(200, ["Content-Length": "5"]), .send("{"), .stall]
        try await withFaults(steps, timeouts: Timeouts(idle: Self.short)) { (client, _) async throws in
            #expect(await failure { try await client.chat("Hi") }?.timeout == .idle)
        }
    }

    @Test func `thoughts and calls are progress, and comments are where that is said`() async throws {
        let pause = FaultStep.delay(.milliseconds(150))
        let event = { FaultStep.event(FaultStep.chunk(delta: $0)) }
        let call = event(#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}"#)
        let steps: [FaultStep] = [
            .streamHead, event(#"{"reasoning_content":"r"}"#), pause, event(#"{"reasoning":"r"}"#), pause, call, pause,
            .finish("tool_calls"), .done, .close,
        ]
        try await withFaults(steps, timeouts: Timeouts(idle: .milliseconds(400))) { (client, _) async throws in
            let reply = try await client.stream("Hi").reply()
            #expect((reply.reasoning, reply.toolCalls.map(\.name)) == ("rr", ["f"]))
        }
        let comments = (0..<6).flatMap { _ in [FaultStep.send(": ping\n\n"), pause] }
        let kept: [FaultStep] = [.streamHead, .delta("a")] + comments + [.finish(), .done, .close]
        for isProgress in [true, false] {
            var timeouts = Timeouts(idle: .milliseconds(400))
            timeouts.commentsAreProgress = isProgress
            try await withFaults(kept, timeouts: timeouts) { (client, _) async throws in
                let error = await failure { try await client.stream("Hi").reply() }
                #expect(error?.timeout == (isProgress ? nil : .idle))
            }
        }
    }

    @Test func `a reader who does something else is not charged to the server`() async throws {
        try await withFaults(
            [.streamHead, .delta("a"), .delta("b"), .finish(), .done, .close],
            timeouts: Timeouts(idle: .milliseconds(100))
        ) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            var text = ""
            for try await event in stream {
                try await Task.sleep(for: .milliseconds(150))
                text += event.text ?? ""
            }
            #expect(text == "ab")
        }
    }

    @Test func `all of it together, its retries included`() async throws {
        let drip = (0..<50).flatMap { _ in [FaultStep.delta("a"), .delay(.milliseconds(20))] }
        try await withFaults([.streamHead] + drip, timeouts: Timeouts(total: .milliseconds(200))) {
            (client, _) async throws in
            let stream = try await client.stream("Hi")
            #expect(await failure { try await stream.reply() }?.timeout == .total)
        }
        var policy = RetryPolicy()
        policy.initialDelay = .seconds(600)
        policy.maximumDelay = .seconds(600)
        try await withFaults([.failure(503)], retry: policy, timeouts: Timeouts(total: .milliseconds(200))) {
            client, server in
            let error = await failure { try await client.chat("Hi") }
            #expect(error?.timeout == .total || server.requests.count > 1)
        }
    }

    @Test func `no connection`() async throws {
        // A listener whose queue is full answers no further handshake.
        let full = try FullListener()
        defer { full.close() }
        let client = Client(
            "http://127.0.0.1:\(full.port)", model: "m", retry: .none,
            timeouts: Timeouts(connect: .milliseconds(300)))
        let error = await failure { try await client.chat("Hi") }
        #expect(error?.timeout == .connect)
        #expect(error?.message.contains("timeouts.connect") == true)
    }

    @Test func `the largest values there are mean for ever`() async throws {
        let most = Duration.seconds(Int64.max)
        let limits = Timeouts(connect: most, firstToken: most, idle: most, total: most)
        var policy = RetryPolicy.quick
        policy.maximumDelay = .milliseconds(1)
        policy.initialDelay = most
        try await withFaults([.failure(503)], [.reply("a")], retry: policy, timeouts: limits) {
            (client, server) async throws in
            let request = Client.ChatRequest(messages: [.user("x")], maxTokens: .max, thinking: .budget(.max))
            #expect(try await client.chat(request).content == "a")
            #expect(server.bodies[0]["max_tokens"]?.number?.int == .max)
            #expect(try await client.chatContinuing(request).content == "a")
        }
    }
}
