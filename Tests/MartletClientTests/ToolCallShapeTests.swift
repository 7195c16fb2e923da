import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Tool calls in the shapes that real servers send.
struct ToolCallShapeTests {
    /// Two calls, as the `tool_calls` of each chunk of a stream.
    struct Shape: CustomTestStringConvertible, Sendable {
        var server: String
        var chunks: [String]
        /// The server's ids; nil if the client has to create them.
        var ids: [String]?
        var testDescription: String { server }
    }

    private static let shapes: [Shape] = [
        Shape(
            server: "OpenAI, DeepSeek, llama.cpp: fragments, the id and the name once",
            chunks: [
                #"[{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}}]"#,
                #"[{"index":0,"function":{"arguments":"{\"x\""}}]"#, #"[{"index":0,"function":{"arguments":":1}"}}]"#,
                #"[{"index":1,"id":"call_b","type":"function","function":{"name":"g","arguments":""}}]"#,
                #"[{"index":1,"function":{"arguments":"{\"y\":2}"}}]"#,
            ], ids: ["call_a", "call_b"]),
        Shape(
            server: "vLLM: null for missing members, and an empty fragment at the end",
            chunks: [
                #"[{"index":0,"id":"chatcmpl-tool-1","type":"function","function":{"name":"f","arguments":null}}]"#,
                #"[{"index":0,"id":null,"type":null,"function":{"name":null,"arguments":"{\"x\":1}"}}]"#,
                #"[{"index":1,"id":"chatcmpl-tool-2","type":"function","function":{"name":"g"}}]"#,
                #"[{"index":1,"id":null,"type":null,"function":{"name":null,"arguments":"{\"y\":2}"}}]"#,
                #"[{"index":1,"function":{"arguments":""}}]"#,
            ], ids: ["chatcmpl-tool-1", "chatcmpl-tool-2"]),
        Shape(
            server: "vLLM with speculative decoding: several pieces of a call in a chunk, under one index",
            chunks: [
                #"[{"index":0,"id":"functions.f:0","type":"function","function":{"name":"f"}},"#
                    + #"{"index":0,"function":{"arguments":" {\"x"}}]"#,
                #"[{"index":0,"function":{"arguments":"\":1}"}},"#
                    + #"{"index":1,"id":"functions.g:1","type":"function","function":{"name":"g"}},"#
                    + #"{"index":1,"function":{"arguments":"{\"y\":2}"}}]"#,
            ], ids: ["functions.f:0", "functions.g:1"]),
        Shape(
            server: "Ollama: one complete call per chunk, index 0 for all",
            chunks: [
                #"[{"id":"call_1","index":0,"type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}]"#,
                #"[{"id":"call_2","index":0,"type":"function","function":{"name":"g","arguments":"{\"y\":2}"}}]"#,
            ], ids: ["call_1", "call_2"]),
        Shape(
            server: "Gemini: one complete call per chunk, no index and an empty id",
            chunks: [
                #"[{"function":{"arguments":"{\"x\":1}","name":"f"},"id":"","type":"function"}]"#,
                #"[{"function":{"arguments":"{\"y\":2}","name":"g"},"id":"","type":"function"}]"#,
            ]),
        Shape(
            server: "Gemini: one complete call per chunk, index 0 for all and no id",
            chunks: [
                #"[{"index":0,"function":{"arguments":"{\"x\":1}","name":"f"},"type":"function"}]"#,
                #"[{"index":0,"function":{"arguments":"{\"y\":2}","name":"g"},"type":"function"}]"#,
            ]),
        Shape(
            server: "Mistral, Groq: all calls in one chunk",
            chunks: [
                #"[{"id":"D681PevKs","function":{"name":"f","arguments":"{\"x\": 1}"},"index":0},"#
                    + #"{"id":"Ab3dEf7hI","function":{"name":"g","arguments":"{\"y\": 2}"},"index":1}]"#
            ], ids: ["D681PevKs", "Ab3dEf7hI"]),
        Shape(
            server: "Mistral, earlier: the id is the word null",
            chunks: [
                #"[{"id":"null","function":{"name":"f","arguments":"{\"x\":1}"}},"#
                    + #"{"id":"null","function":{"name":"g","arguments":"{\"y\":2}"}}]"#
            ]),
        Shape(
            server: "a proxy: all calls in one chunk, index 0 for all and no id",
            chunks: [
                #"[{"index":0,"function":{"name":"f","arguments":"{\"x\":1}"}},"#
                    + #"{"index":0,"function":{"name":"g","arguments":"{\"y\":2}"}}]"#
            ]),
        Shape(
            server: "a proxy: all calls in one chunk, no index and no id",
            chunks: [
                #"[{"type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},"#
                    + #"{"type":"function","function":{"name":"g","arguments":"{\"y\":2}"}}]"#
            ]),
        Shape(
            server: "a proxy: one complete call per chunk, and one id for all",
            chunks: [
                #"[{"index":0,"id":"call_0","function":{"name":"f","arguments":"{\"x\":1}"}}]"#,
                #"[{"index":0,"id":"call_0","function":{"name":"g","arguments":"{\"y\":2}"}}]"#,
            ]),
        Shape(
            server: "a proxy: fragments, one id for all and an index for each",
            chunks: [
                #"[{"index":0,"id":"call_0","function":{"name":"f","arguments":""}}]"#,
                #"[{"index":0,"id":"call_0","function":{"arguments":"{\"x\":1}"}}]"#,
                #"[{"index":1,"id":"call_0","function":{"name":"g","arguments":""}}]"#,
                #"[{"index":1,"id":"call_0","function":{"arguments":"{\"y\":2}"}}]"#,
            ]),
        Shape(
            server: "a proxy: fragments, index 0 for all and no id",
            chunks: [
                #"[{"index":0,"function":{"name":"f","arguments":""}}]"#,
                #"[{"index":0,"function":{"arguments":"{\"x\":1}"}}]"#,
                #"[{"index":0,"function":{"name":"g","arguments":""}}]"#,
                #"[{"index":0,"function":{"arguments":"{\"y\":2}"}}]"#,
            ]),
    ]

    @Test(arguments: shapes)
    func `two streamed calls stay separate, with valid arguments and unique ids`(_ shape: Shape) async throws {
        let chunks = shape.chunks.map { FaultStep.event(FaultStep.chunk(delta: #"{"tool_calls":\#($0)}"#)) }
        try await withFaults([.streamHead] + chunks + [.finish("tool_calls"), .done, .close]) {
            (client, _) async throws in
            let calls = try await client.stream("Hi").reply().toolCalls
            try check(calls, shape.ids)
        }
    }

    private func check(_ calls: [ToolCall], _ ids: [String]?) throws {
        #expect(calls.map(\.name) == ["f", "g"])
        let arguments = calls.map { try? JSONValue(parsing: Array($0.arguments.utf8)) }
        #expect(arguments == [["x": 1], ["y": 2]], "\(calls.map(\.arguments))")
        #expect(Set(calls.map(\.id)).count == 2 && calls.allSatisfy { !$0.id.isEmpty }, "\(calls.map(\.id))")
        if let ids { #expect(calls.map(\.id) == ids) }
    }

    @Test(
        arguments: [
            (#""id":"call_a","#, #""id":"call_b","#), ("", ""), (#""id":"","#, #""id":"","#),
            (#""id":"null","#, #""id":"null","#), (#""id":"same","#, #""id":"same","#),
            (#""id":"a","index":0,"#, #""id":"b","index":0,"#), (#""index":0,"#, #""index":0,"#),
        ])
    func `elements of a complete reply are separate calls, even with one id or index`(_ first: String, _ second: String)
        async throws
    {
        let reply =
            #"{"choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":["#
            + #"{\#(first)"type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},"#
            + #"{\#(second)"type":"function","function":{"name":"g","arguments":"{\"y\":2}"}}]},"#
            + #""finish_reason":"tool_calls"}]}"#
        try await withFaults([.json(reply)]) { (client, _) async throws in
            try check(try await client.chat("Hi").toolCalls, nil)
            try check(try await client.stream("Hi").reply().toolCalls, nil)
        }
    }

    @Test func `the same call twice in a complete reply is two calls`() async throws {
        let call = #"{"id":"c","index":0,"function":{"name":"f","arguments":"{}"}}"#
        let reply =
            #"{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[\#(call),\#(call)]},"#
            + #""finish_reason":"tool_calls"}]}"#
        try await withFaults([.json(reply)]) { (client, _) async throws in
            let calls = try await client.chat("Hi").toolCalls
            #expect(calls.map(\.name) == ["f", "f"])
            #expect(calls.map(\.arguments) == ["{}", "{}"])
            #expect(calls.first?.id == "c" && calls.last?.id != "c")
        }
    }

    @Test func `results match their calls if the server gave all calls one id`() async throws {
        let reply =
            #"{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":["#
            + #"{"id":"c","function":{"name":"twice","arguments":"{\"n\":1}"}},"#
            + #"{"id":"c","function":{"name":"twice","arguments":"{\"n\":4}"}}]},"finish_reason":"tool_calls"}]}"#
        let twice = FunctionTool<[String: Int]>("twice", "Doubles.") { arguments, _ in "\((arguments["n"] ?? 0) * 2)" }
        try await withFaults([.json(reply)], [.reply("done")]) { (client, server) async throws in
            _ = try await client.runTools(.init(messages: [.user("x")]), tools: [twice])
            let messages = try #require(server.bodies.last?["messages"]?.array)
            let calls = messages.flatMap { $0.object?["tool_calls"]?.array ?? [] }.compactMap {
                $0.object?["id"]?.string
            }
            let results = messages.filter { $0.object?["role"] == "tool" }
            #expect(Set(calls).count == 2)
            #expect(results.compactMap { $0.object?["tool_call_id"]?.string } == calls)
            #expect(results.compactMap { $0.object?["content"]?.string } == ["2", "8"])
        }
    }

    @Test func `a repeated function name does not begin a call`() async throws {
        let pieces = [#""#, #"{\"x\":"#, #"1}"#, #""#].map {
            FaultStep.event(
                FaultStep.chunk(delta: #"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"\#($0)"}}]}"#))
        }
        try await withFaults([.streamHead] + pieces + [.finish("tool_calls"), .done, .close]) {
            (client, _) async throws in
            let calls = try await client.stream("Hi").reply().toolCalls
            #expect(calls.map(\.name) == ["f"])
            #expect(calls.map(\.arguments) == [#"{"x":1}"#])
        }
    }

    @Test func `braces and quotes in strings do not end arguments`() async throws {
        let pieces = [#"{\"x\":\"}{\\\"}\""#, #",\"y\":{}"#, #"}"#].map {
            FaultStep.event(
                FaultStep.chunk(delta: #"{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"\#($0)"}}]}"#))
        }
        try await withFaults([.streamHead] + pieces + [.finish("tool_calls"), .done, .close]) {
            (client, _) async throws in
            let calls = try await client.stream("Hi").reply().toolCalls
            #expect(calls.map(\.arguments) == [#"{"x":"}{\"}","y":{}}"#])
        }
    }
}
