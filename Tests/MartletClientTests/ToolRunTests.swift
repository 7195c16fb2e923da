import Martlet
import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// The loop between a model and its tools. Each test runs whole and streamed, with the same records.
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

    /// The answer of a model that makes calls, whole or streamed.
    private static func calls(_ calls: [String], content: String = "", isStreamed: Bool) -> [FaultStep] {
        let message = #"{"role":"assistant","content":"\#(content)","tool_calls":[\#(calls.joined(separator: ","))]}"#
        return answer(message, "tool_calls", isStreamed: isStreamed)
    }

    private static func text(_ text: String, isStreamed: Bool) -> [FaultStep] {
        answer(#"{"role":"assistant","content":"\#(text)"}"#, "stop", isStreamed: isStreamed)
    }

    private static func answer(_ message: String, _ finish: String, isStreamed: Bool) -> [FaultStep] {
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

    @Test(arguments: [false, true])
    func `S4-9, S4-12, S4-13, S4-18, S4-19, S4-src-6, S4-src-7 one call drives the loop, and tells what happens`(
        isStreamed: Bool
    ) async throws {
        let log = Mutex<[String]>([])
        let note = { @Sendable (line: String) in log.withLock { $0.append(line) } }
        var hooks = ToolHooks()
        hooks.onIntermediateMessage = { message in
            note(
                "message \(message.content) \(message.toolCalls.map(\.id)) \(message.inputTokens)+\(message.outputTokens)"
            )
        }
        hooks.onRoundTrip = { note("round") }
        hooks.afterCall = { call, result in note("\(call.id): \(result)") }
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
            // Images and a demand for a call go with the first question only.
            let bodies = server.bodies
            #expect(bodies[0]["messages"]?[0]?["content"]?.array?.count == 2)
            #expect(bodies[1]["messages"]?[0]?["content"] == "1 + 2?")
            #expect(bodies.map { $0["tool_choice"] } == ["required", nil, nil])
            #expect(bodies.allSatisfy { $0["tools"]?.array?.count == 1 })
            let schema = bodies[0]["tools"]?[0]?["function"]?["parameters"]
            #expect(schema?["required"] == ["a", "b"])
        }
    }

    @Test(arguments: [false, true])
    func `S4-14, S4-16, S4-src-4 a budget is asked for before each tool, and a call that it stops has its answer`(
        isStreamed: Bool
    ) async throws {
        let asked = Mutex(0)
        var hooks = ToolHooks()
        hooks.budgetExhausted = {
            asked.withLock { count in
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
            #expect(asked.withLock { $0 } == 3)
            #expect(run.messages.dropFirst(2).map(\.text) == ["3 for c0 in turn 0", "Stop here.", "Stop here."])
            #expect(run.messages.dropFirst(2).map(\.toolCallID) == ["c0", "c1", "c2"])
            #expect(server.requests.count == 1)
            // The conversation is a valid one: S4-3, a last word without tools.
            var toolless = run
            toolless.request.tools = []
            let last = try await client.resume(toolless, tools: [])
            #expect((last.content, last.turns) == ("Enough.", 2))
            #expect(server.bodies[1]["tools"] == nil)
        }
    }

    @Test(arguments: [false, true])
    func `S4-15, S4-src-5 what a tool throws, and what is no call, becomes the result and the loop goes on`(
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
            #expect(results[3].contains("a must be of type Int"))
            #expect(results[4].contains("no valid JSON"))
        }
    }

    @Test func `calls of one answer run at the same time, or one after the other, and their results keep their order`()
        async throws
    {
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
    func `a loop that was paused is resumed with answers, or by making the calls`(isStreamed: Bool) async throws {
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
            // What has ended is not gone on with.
            #expect(try await client.resume(run, tools: [Add()]).turns == 2)
        }
    }

    @Test(arguments: [false, true])
    func `S4-19 a single step asks once and makes the calls, and can be gone on with`(isStreamed: Bool) async throws {
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

    @Test func `S4-src-2 an answer that broke off ends the loop as an error`() async throws {
        let call = Self.call("c0", "add", #"{"a":1,"b":2}"#)
        let cut = FaultStep.event(#"{"choices":[{"index":0,"delta":{"tool_calls":[\#(call)]}}]}"#)
        try await withFaults([.streamHead, cut, .close]) { (client, _) async throws in
            let error = await failure { try await client.runTools(request(isStreamed: true), tools: [Add()]) }
            #expect(error?.reason == .interrupted)
        }
    }

    @Test func `a reader that throws ends the loop and its stream`() async throws {
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

    @Test func `S4-src-14 while a tool runs nothing is timed`() async throws {
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
}
