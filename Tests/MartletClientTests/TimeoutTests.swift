import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Each timeout is reported by its name.
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

    @Test func `no byte of a response`() async throws {
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

    @Test func `a response that stalls`() async throws {
        let steps: [FaultStep] = [.head(200, ["Content-Length": "5"]), .send("{"), .stall]
        try await withFaults(steps, timeouts: Timeouts(idle: Self.short)) { (client, _) async throws in
            #expect(await failure { try await client.chat("Hi") }?.timeout == .idle)
        }
    }

    @Test func `reasoning and tool calls are progress, and comments only if configured`() async throws {
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

    @Test func `the reader's own time does not count`() async throws {
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

    @Test func `the total includes retries`() async throws {
        let slowStream = (0..<50).flatMap { _ in [FaultStep.delta("a"), .delay(.milliseconds(20))] }
        try await withFaults([.streamHead] + slowStream, timeouts: Timeouts(total: .milliseconds(200))) {
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
        // A listener with a full queue completes no further handshake.
        let full = try FullListener()
        defer { full.close() }
        let client = Client(
            "http://127.0.0.1:\(full.port)", model: "m", retry: .none,
            timeouts: Timeouts(connect: .milliseconds(300)))
        let error = await failure { try await client.chat("Hi") }
        #expect(error?.timeout == .connect)
        #expect(error?.message.contains("timeouts.connect") == true)
    }

    @Test func `the largest values mean no limit`() async throws {
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

    // Checklist row S3-14.
    @Test func `a stream may take longer than any single limit`() async throws {
        let slow = (0..<8).flatMap { _ in [FaultStep.delta("a"), .delay(.milliseconds(100))] }
        try await withFaults(
            [.streamHead] + slow + [.finish(), .done, .close],
            timeouts: Timeouts(firstToken: .milliseconds(500), idle: .milliseconds(500))
        ) { (client, _) async throws in
            #expect(try await client.stream("Hi").reply().content == "aaaaaaaa")
        }
    }

    @Test func `the first token has one limit from the request on, the head included`() async throws {
        try await withFaults(
            [
                .delay(.milliseconds(700)), .streamHead, .delay(.milliseconds(700)), .delta("a"), .finish(), .done,
                .close,
            ], timeouts: Timeouts(firstToken: .milliseconds(1000))
        ) { (client, server) async throws in
            let error = await failure { try await client.stream("Hi").reply() }
            #expect(error?.timeout == .firstToken)
        }
    }

    @Test func `a role does not count as a token`() async throws {
        try await withFaults(
            [
                .streamHead, .event(FaultStep.chunk(delta: #"{"role":"assistant","content":""}"#)),
                .delay(.milliseconds(700)), .delta("a"), .finish(), .done, .close,
            ], timeouts: Timeouts(firstToken: .seconds(10), idle: .milliseconds(300))
        ) { (client, server) async throws in
            let error = await failure { try await client.stream("Hi").reply() }
            #expect(error == nil, "\(String(describing: error))")
        }
    }
}
