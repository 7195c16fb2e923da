import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Synchronization
import Testing

/// The tool loop. Most tests run both streamed and not, with the same expectations.
struct ToolRunTests {
    private struct Add: Tool {
        struct Arguments: Decodable, Sendable { var a: Int, b: Int }
        let name = "add"
        let description = "Adds."
        func call(_ arguments: Arguments, context: ToolContext) async throws -> String {
            "\(arguments.a + arguments.b) for \(context.call.id) in turn \(context.turn)"
        }
    }

    private struct Broken: Error, CustomStringConvertible { let description = "no disk" }

    private static func call(_ id: String, _ name: String, _ arguments: String) -> String {
        #"{"id":"\#(id)","type":"function","index":\#(id.last!),"function":{"name":"\#(name)","#
            + #""arguments":\#(JSONValue.string(arguments))}}"#
    }

    /// A reply with tool calls.
    private static func calls(_ calls: [String], content: String = "", isStreamed: Bool) -> [FaultStep] {
        let message = #"{"role":"assistant","content":"\#(content)","tool_calls":[\#(calls.joined(separator: ","))]}"#
        return reply(message, "tool_calls", isStreamed: isStreamed)
    }

    private static func text(_ text: String, isStreamed: Bool) -> [FaultStep] {
        reply(#"{"role":"assistant","content":"\#(text)"}"#, "stop", isStreamed: isStreamed)
    }

    private static func reply(_ message: String, _ finish: String, isStreamed: Bool) -> [FaultStep] {
        let choice = { (name: String) in
            #"{"id":"c","choices":[{"index":0,"\#(name)":\#(message),"finish_reason":"\#(finish)"}],"#
                + #""usage":{"prompt_tokens":10,"completion_tokens":4}}"#
        }
        return isStreamed ? [.streamHead, .event(choice("delta")), .done, .close] : [.json(choice("message"))]
    }

    private func request(isStreamed: Bool) -> Client.ChatRequest {
        var request = Client.ChatRequest(messages: [.user("1 + 2?")], images: [.url("http://x/y.png")])
        request.stream = isStreamed
        request.toolChoice = .required
        return request
    }

    // Checklist rows S4-9, S4-12, S4-13, S4-18, S4-19, S4-src-6, S4-src-7.
    @Test(arguments: [false, true])
    func `one call runs the loop, and the hooks are called`(
        isStreamed: Bool
    ) async throws {
        let log = Mutex<[String]>([])
        let record = { @Sendable (line: String) in log.withLock { $0.append(line) } }
        var hooks = ToolHooks()
        hooks.onIntermediateMessage = { message in
            record(
                "message \(message.content) \(message.toolCalls.map(\.id)) \(message.inputTokens)+\(message.outputTokens)"
            )
        }
        hooks.onRoundTrip = { record("round") }
        hooks.afterCall = { call, result in record("\(call.id): \(result)") }
        try await withFaults(
            Self.calls([Self.call("c0", "add", #"{"a":1,"b":2}"#)], content: "Let me see.", isStreamed: isStreamed),
            Self.calls([Self.call("c1", "add", #"{"a":3,"b":4}"#)], isStreamed: isStreamed),
            Self.text("Ten.", isStreamed: isStreamed)
        ) { (client, server) async throws in
            let run = try await client.runTools(request(isStreamed: isStreamed), tools: [Add()], hooks: hooks)
            #expect(run.stop == .finished(.stop))
            #expect((run.content, run.turns) == ("Ten.", 3))
            #expect((run.usage.promptTokens, run.usage.completionTokens) == (30, 12))
            #expect(
                log.withLock { $0 } == [
                    #"message Let me see. ["c0"] 10+4"#, "round", "c0: 3 for c0 in turn 0", #"message  ["c1"] 10+4"#,
                    "round", "c1: 7 for c1 in turn 1",
                ])
            #expect(run.messages.map(\.role) == [.user, .assistant, .tool, .assistant, .tool, .assistant])
            #expect(run.messages[2] == .tool("3 for c0 in turn 0", answering: "c0"))
            // Images and a required tool choice are sent with the first request only.
            let bodies = server.bodies
            #expect(bodies[0]["messages"]?[0]?["content"]?.array?.count == 2)
            #expect(bodies[1]["messages"]?[0]?["content"] == "1 + 2?")
            #expect(bodies.map { $0["tool_choice"] } == ["required", nil, nil])
            #expect(bodies.allSatisfy { $0["tools"]?.array?.count == 1 })
            let schema = bodies[0]["tools"]?[0]?["function"]?["parameters"]
            #expect(schema?["required"] == ["a", "b"])
        }
    }

    // Checklist rows S4-3, S4-14, S4-16, S4-src-4.
    @Test(arguments: [false, true])
    func `the budget is checked before each tool, and a refused call gets a result`(
        isStreamed: Bool
    ) async throws {
        let checkCount = Mutex(0)
        var hooks = ToolHooks()
        hooks.budgetExhausted = {
            checkCount.withLock { count in
                count += 1
                return count > 1
            }
        }
        hooks.haltMessage = "Stop here."
        let calls = ["c0", "c1", "c2"].map { Self.call($0, "add", #"{"a":1,"b":2}"#) }
        try await withFaults(
            Self.calls(calls, isStreamed: isStreamed), Self.text("Enough.", isStreamed: isStreamed)
        ) { (client, server) async throws in
            let run = try await client.runTools(request(isStreamed: isStreamed), tools: [Add()], hooks: hooks)
            #expect(run.stop == .budgetExhausted)
            #expect(checkCount.withLock { $0 } == 3)
            #expect(run.messages.dropFirst(2).map(\.text) == ["3 for c0 in turn 0", "Stop here.", "Stop here."])
            #expect(run.messages.dropFirst(2).map(\.toolCallID) == ["c0", "c1", "c2"])
            #expect(server.requests.count == 1)
            // The conversation is valid: a last request without tools succeeds.
            var toolless = run
            toolless.request.tools = []
            let last = try await client.resume(toolless, tools: [])
            #expect((last.content, last.turns) == ("Enough.", 2))
            #expect(server.bodies[1]["tools"] == nil)
        }
    }

    // Checklist rows S4-15, S4-src-5.
    @Test(arguments: [false, true])
    func `a tool's error, or an invalid call, becomes the result and the loop continues`(
        isStreamed: Bool
    ) async throws {
        let broken = FunctionTool<Add.Arguments>("broken", "Breaks.") { _, _ in throw Broken() }
        let calls = [
            Self.call("c0", "broken", #"{"a":1,"b":2}"#), Self.call("c1", "none", "{}"),
            Self.call("c2", "add", #"{"a":1}"#),
            Self.call("c3", "add", #"{"a":"x","b":2}"#), Self.call("c4", "add", "{a:"),
        ]
        try await withFaults(
            Self.calls(calls, isStreamed: isStreamed), Self.text("Oh.", isStreamed: isStreamed)
        ) { (client, _) async throws in
            let run = try await client.runTools(request(isStreamed: isStreamed), tools: [broken, Add()])
            #expect(run.stop == .finished(.stop))
            let results = run.messages.filter { $0.role == .tool }.map(\.text)
            #expect(results[0] == "Error: no disk")
            #expect(results[1] == "Error: there is no tool none; there are: broken, add.")
            #expect(results[2].hasPrefix("Error: the arguments do not fit: b is missing"))
            #expect(results[3].contains("a must be an integer"))
            #expect(results[4].contains("is not JSON"))
        }
    }

    @Test func `calls of one reply run concurrently or in sequence, and results keep their order`() async throws {
        let gate = Gate()
        let finished = Mutex<[String]>([])
        let wait = FunctionTool<[String: Int]>("wait", "Waits.") { _, context in
            if context.call.id == "c0" { try await gate.pass() } else { gate.open() }
            finished.withLock { $0.append(context.call.id) }
            return context.call.id
        }
        let calls = ["c0", "c1"].map { Self.call($0, "wait", "{}") }
        for concurrently in [true, false] {
            if !concurrently { gate.open() }
            finished.withLock { $0 = [] }
            try await withFaults(
                Self.calls(calls, isStreamed: false), Self.text("Done.", isStreamed: false)
            ) { (client, _) async throws in
                let run = try await client.runTools(
                    request(isStreamed: false), tools: [wait], concurrently: concurrently)
                #expect(run.messages.filter { $0.role == .tool }.map(\.text) == ["c0", "c1"])
                #expect(finished.withLock { $0 } == (concurrently ? ["c1", "c0"] : ["c0", "c1"]))
            }
        }
    }

    @Test(arguments: [false, true])
    func `a paused loop is resumed with results, or by performing the calls`(isStreamed: Bool) async throws {
        var hooks = ToolHooks()
        hooks.beforeCall = { $0.id == "c3" ? .run : $0.id == "c1" ? .answer("denied") : .pause }
        let calls = ["c0", "c1", "c2", "c3"].map { Self.call($0, "add", #"{"a":1,"b":2}"#) }
        try await withFaults(
            Self.calls(calls, isStreamed: isStreamed), Self.text("Done.", isStreamed: isStreamed)
        ) { (client, server) async throws in
            let paused = try await client.runTools(request(isStreamed: isStreamed), tools: [Add()], hooks: hooks)
            let waiting = ["c0", "c2"].map { ToolCall(id: $0, name: "add", arguments: #"{"a":1,"b":2}"#) }
            #expect(paused.stop == .paused(waiting))
            #expect(server.requests.count == 1)
            let run = try await client.resume(paused, tools: [Add()], answers: ["c2": "by hand"])
            #expect(run.stop == .finished(.stop))
            let results = run.messages.filter { $0.role == .tool }
            #expect(results.map(\.toolCallID) == ["c0", "c1", "c2", "c3"])
            #expect(results.map(\.text) == ["3 for c0 in turn 0", "denied", "by hand", "3 for c3 in turn 0"])
            #expect(run.turns == 2)
            // A finished loop is not continued.
            #expect(try await client.resume(run, tools: [Add()]).turns == 2)
        }
    }

    // Checklist row S4-19.
    @Test(arguments: [false, true])
    func `a single step performs the calls of one reply, and can be continued`(isStreamed: Bool) async throws {
        let step = Self.calls([Self.call("c0", "add", #"{"a":1,"b":2}"#)], isStreamed: isStreamed)
        try await withFaults(step, step, Self.text("Done.", isStreamed: isStreamed)) { (client, server) async throws in
            var run = try await client.runTools(request(isStreamed: isStreamed), tools: [Add()], maximumTurns: 1)
            for turns in 1...2 {
                #expect((run.stop, run.turns, server.requests.count) == (.maximumTurns, turns, turns))
                #expect(run.messages.last?.role == .tool)
                run = try await client.resume(run, tools: [Add()], maximumTurns: 1)
            }
            #expect((run.stop, run.content, run.usage.promptTokens) == (.finished(.stop), "Done.", 30))
        }
    }

    // Checklist row S4-src-2.
    @Test func `an incomplete reply ends the loop with an error`() async throws {
        let call = Self.call("c0", "add", #"{"a":1,"b":2}"#)
        let cut = FaultStep.event(#"{"choices":[{"index":0,"delta":{"tool_calls":[\#(call)]}}]}"#)
        try await withFaults([.streamHead, cut, .close]) { (client, _) async throws in
            let error = await failure { try await client.runTools(request(isStreamed: true), tools: [Add()]) }
            #expect(error?.reason == .interrupted)
        }
    }

    @Test func `a hook that throws ends the loop and its stream`() async throws {
        var hooks = ToolHooks()
        hooks.onEvent = { _ in throw Broken() }
        try await withFaults([.streamHead, .delta("a"), .stall]) { (client, server) async throws in
            let error = await failure {
                try await client.runTools(request(isStreamed: true), tools: [Add()], hooks: hooks)
            }
            #expect(error?.reason == .cancelled)
            try await eventually { server.openConnections == 0 }
        }
    }

    // Checklist row S4-src-14.
    @Test func `no timeout runs while a tool runs`() async throws {
        let slow = FunctionTool<[String: Int]>("slow", "Sleeps.") { _, _ in
            try await Task.sleep(for: .milliseconds(300))
            return "x"
        }
        try await withFaults(
            Self.calls([Self.call("c0", "slow", "{}")], isStreamed: true), Self.text("Done.", isStreamed: true),
            timeouts: Timeouts(firstToken: .milliseconds(200), idle: .milliseconds(200))
        ) { (client, _) async throws in
            #expect(try await client.runTools(request(isStreamed: true), tools: [slow]).content == "Done.")
        }
    }

    @Test func `a budget that ran out while a call was paused stops the loop after it`() async throws {
        let calls =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"2","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#
        struct None: Decodable, Sendable {}
        try await withFaults([.json(calls)], [.reply("more")]) { (client, server) async throws in
            let checkCount = Locked(0)
            var hooks = ToolHooks()
            hooks.budgetExhausted = {
                checkCount.withLock {
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
}
