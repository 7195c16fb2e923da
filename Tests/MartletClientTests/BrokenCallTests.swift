import Logging
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

/// Calls that break, stall, or are given up.
struct BrokenCallTests {
    @Test func `cancelling ends a reader that never has to wait`() async throws {
        let event = String(repeating: FaultStep.eventText(FaultStep.chunk(delta: #"{"content":"abc"}"#)), count: 300)
        try await withFaults([.streamHead, .send(event, times: 600), .finish(), .done, .close]) {
            (client, server) async throws in
            let count = Locked(0)
            let done = Locked(false)
            let ending = Locked("")
            let task = Task {
                let stream = try await client.stream(.init(messages: [.user("Hi")]), keepsReply: false)
                do { for try await _ in stream { count.withLock { $0 += 1 } } } catch {}
                ending.withLock { $0 = stream.ending?.name ?? "nil" }
                done.withLock { $0 = true }
            }
            try await eventually { count.withLock { $0 } > 10 }
            task.cancel()
            try await eventually { done.withLock { $0 } }
            #expect(ending.withLock { $0 } == "cancelled")
            #expect(count.withLock { $0 } < 300 * 600)
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `cancelling ends a call that a flood of comments keeps busy`() async throws {
        let flood = String(repeating: ": ping\n\n", count: 8000)
        try await withFaults([.streamHead, .send(flood, times: 3000), .close], retry: .none) {
            (client, server) async throws in
            let done = Locked(false)
            let task = Task {
                _ = try? await client.stream("Hi")
                done.withLock { $0 = true }
            }
            try await eventually { server.bytesSent > 100_000 }
            task.cancel()
            try await eventually { done.withLock { $0 } }
            #expect(server.bytesSent < flood.utf8.count * 3000)
        }
    }

    @Test func `the first token has one limit, from the request on, head or not`() async throws {
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

    @Test func `a role is no token`() async throws {
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

    @Test func `after the finish reason nothing that breaks takes the answer away`() async throws {
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

    @Test func `after the finish reason silence takes nothing away`() async throws {
        try await withFaults(
            [.streamHead, .delta("a"), .finish(), .stall], timeouts: Timeouts(idle: .milliseconds(300))
        ) { (client, server) async throws in
            let (_, ending) = try await client.stream("Hi").drained()
            #expect(ending?.name == "finished stop")
        }
    }

    @Test func `an event that the end has cut is no bad one`() async throws {
        try await withFaults([.streamHead, .delta("a"), .send("data: {\"id\":"), .close]) {
            (client, server) async throws in
            var client = client
            client.skipsBadEvents = false
            let (_, ending) = try await client.stream("Hi").drained()
            #expect(ending?.name == "interrupted")
        }
    }

    @Test func `an error says how often it was asked for`() async throws {
        try await withFaults([.failure(503)], [.json(#"{"error":{"message":"x","type":"invalid_request_error"}}"#)]) {
            (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect((server.requests.count, error?.attempts) == (2, 2))
        }
        try await withFaults([.failure(503)], [.streamHead, .delta("a"), .close]) { (client, server) async throws in
            let error = await failure { try await client.stream("Hi").reply() }
            #expect((server.requests.count, error?.attempts) == (2, 2))
        }
    }

    @Test func `a whole reply that breaks before its first byte is asked for again`() async throws {
        try await withFaults([.head(200, ["Content-Length": "50"]), .reset], [.reply("a")]) {
            (client, server) async throws in
            #expect(try await client.chat("Hi").content == "a")
        }
    }

    @Test func `an error whose body stalls keeps its status`() async throws {
        try await withFaults(
            [.head(503, ["Content-Length": "50"]), .send("{"), .stall], [.reply("a")],
            timeouts: Timeouts(firstToken: .milliseconds(500))
        ) { (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect(error == nil || error?.status == 503, "\(String(describing: error))")
        }
    }

    @Test func `a budget that was used up while a call waited stops the loop after it`() async throws {
        let calls =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"2","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#
        struct None: Decodable, Sendable {}
        try await withFaults([.json(calls)], [.reply("more")]) { (client, server) async throws in
            let asked = Locked(0)
            var hooks = ToolHooks()
            hooks.budgetExhausted = {
                asked.withLock {
                    $0 += 1
                    return $0 > 1
                }
            }
            hooks.beforeCall = { _ in .pause }
            let tool = FunctionTool<None>("f", "f") { _, _ in "r" }
            let run = try await client.runTools(.init(messages: [.user("x")]), tools: [tool], hooks: hooks)
            let next = try await client.resume(run, tools: [tool], answers: ["1": "yes"], hooks: hooks)
            #expect(next.stop == .budgetExhausted, "\(run.stop) \(next.stop)")
        }
    }

    @Test func `the images stay when an answer is gone on with`() async throws {
        try await withFaults([.reply("a", finish: "length")], [.reply("b")]) { (client, server) async throws in
            _ = try await client.chatContinuing(
                .init(messages: [.user("What is on it?")], images: [.url("http://x/y.png")]))
            let texts = server.bodies.map { "\($0["messages"]!)" }
            #expect(texts.count == 2 && texts.allSatisfy { $0.contains("y.png") }, "\(texts)")
        }
    }
}
