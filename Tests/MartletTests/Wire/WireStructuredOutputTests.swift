import Martlet
import MartletHTTP
import MartletJSON
import MartletOpenAI
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// How demands on the text reach a backend: compiled before it is called, or as a 400.
@Suite(.serialized)
struct WireStructuredOutputTests {
    /// What backends were asked for.
    private final class Demands: Sendable {
        private let all = Mutex<[StructuredOutput?]>([])

        func append(_ output: StructuredOutput?) { all.withLock { $0.append(output) } }
        var outputs: [StructuredOutput?] { all.withLock { $0 } }
        /// The number of different compiled constraints.
        var constraintCount: Int { Set(outputs.compactMap { $0?.compiled.map(ObjectIdentifier.init) }).count }
    }

    private func chatBackend(_ demands: Demands, schedulesItself: Bool = false) -> ChatProbe {
        var backend = ChatProbe { request, sink in
            demands.append(request.structuredOutput)
            try await sink.emit("ok")
        }
        backend.capabilities = [.responseFormat, .tools, .toolChoice]
        (backend.maxConcurrency, backend.schedulesItself) = (1, schedulesItself)
        return backend
    }

    private static let regex = #""guided_regex":"[0-9]{4}""#
    private static let badRegex = #""guided_regex":"[0-9""#

    @Test(arguments: [false, true])
    func `a backend gets the source and the compiled constraint, which equal requests share`(
        schedulesItself: Bool
    ) async throws {
        let demands = Demands()
        try await withClient(of: chatBackend(demands, schedulesItself: schedulesItself)) { (client, _) async throws in
            for more in [Self.regex, #""stream":true,"structured_outputs":{"regex":"[0-9]{4}"}"#] {
                #expect(try await client.chat(more).code == 200)
            }
            #expect(try await client.chat(#""guided_choice":["yes","no"]"#).code == 200)
            #expect(try await client.chat().code == 200)
        }
        let outputs = demands.outputs
        #expect(outputs.map { $0?.source } == [.regex("[0-9]{4}"), .regex("[0-9]{4}"), .choices(["yes", "no"]), nil])
        #expect(outputs.map { $0?.param } == ["guided_regex", "structured_outputs.regex", "guided_choice", nil])
        #expect(outputs.map { $0?.compiled != nil } == [true, true, true, false])
        #expect(outputs[0]?.compiled === outputs[1]?.compiled)
        #expect(demands.constraintCount == 2)
    }

    @Test(arguments: [false, true], ["", #""stream":true,"#])
    func `a demand that cannot be followed is a 400 before the backend is called, and frees its permit`(
        schedulesItself: Bool, more: String
    ) async throws {
        let demands = Demands()
        let backend = chatBackend(demands, schedulesItself: schedulesItself)
        try await withClient(of: backend, .with(\.maximumWaiting, 0)) { (client, server) async throws in
            for _ in 0..<3 {
                let refused = try await client.chat(more + Self.badRegex)
                let message = try expect(refused, is: 400, param: "guided_regex", code: "invalid_value")
                #expect(message.hasPrefix("`guided_regex` cannot be followed: "))
                try await eventually { server.counters.running == 0 && server.counters.openStreams == 0 }
            }
            #expect(demands.outputs.isEmpty)
            #expect(try await client.chat(more + Self.regex).code == 200)
        }
        #expect(demands.outputs.count == 1)
    }

    @Test func `a grammar that is not GBNF is a 400 of its parser`() async throws {
        let demands = Demands()
        try await withClient(of: chatBackend(demands)) { (client, _) async throws in
            for name in ["grammar", "guided_grammar"] {
                let refused = try await client.chat(#""\#(name)":"start: WORD+\nWORD: /[a-z]+/""#)
                try expect(refused, is: 400, param: name, code: "invalid_value")
            }
            #expect(try await client.chat(#""grammar":"root ::= \"a\" | \"b\"""#).code == 200)
        }
        #expect(demands.outputs.count == 1)
    }

    @Test func `the prompts of a completion share one constraint`() async throws {
        let demands = Demands()
        var backend = CompletionProbe { request, sink in
            demands.append(request.structuredOutput)
            try await sink.emit("ok")
        }
        backend.capabilities = .responseFormat
        try await withClient(of: backend) { (client, _) async throws in
            let path = "/v1/completions"
            let body = #"{"prompt":[[1],[2],[3]],\#(Self.regex)}"#
            #expect(try await client.ask(.post, path, body: body).code == 200)
            #expect(demands.outputs.compactMap { $0?.compiled }.count == 3)
            #expect(demands.constraintCount == 1)
            let refused = try await client.ask(.post, path, body: #"{"prompt":[[1],[2]],\#(Self.badRegex)}"#)
            try expect(refused, is: 400, param: "guided_regex", code: "invalid_value")
        }
        #expect(demands.outputs.count == 3)
    }

    @Test func `a model without the capability is never asked, and compiles nothing`() async throws {
        let demands = Demands()
        var backend = chatBackend(demands)
        backend.capabilities = []
        try await withClient(of: backend) { (client, _) async throws in
            let refused = try await client.chat(Self.badRegex)
            let message = try expect(refused, is: 400, param: "guided_regex", code: "unsupported_parameter")
            #expect(message == "`guided_regex` is not supported by this model; leave it out.")
        }
        #expect(demands.outputs.isEmpty)
    }

    @Test func `tools whose arguments cannot be enforced are a 400, if the model is one that can be made to call`()
        async throws
    {
        let demands = Demands()
        let tool = #"{"type":"function","function":{"name":"f","parameters":{"type":"number?"}}}"#
        var backend = chatBackend(demands)
        try await withClient(of: backend) { (client, _) async throws in
            let refused = try await client.chat(#""tools":[\#(tool)]"#)
            try expect(refused, is: 400, param: "tools[0].function.parameters", code: "invalid_value")
            #expect(try await client.chat(#""tools":[\#(tool)],"tool_choice":"none""#).code == 200)
        }
        backend.capabilities = .tools
        try await withClient(of: backend) { (client, _) async throws in
            #expect(try await client.chat(#""tools":[\#(tool)]"#).code == 200)
        }
        #expect(demands.outputs.count == 2)
    }

    @Test(.enabled(if: ChatRequestToolsTests.compilesSchemas))
    func `schemas of formats, of Ollama and of tools reach the backend compiled`() async throws {
        let demands = Demands()
        let arguments = Mutex<[[String: Constraint]]>([])
        var backend = ChatProbe { request, sink in
            demands.append(request.structuredOutput)
            arguments.withLock { $0.append(request.toolArguments) }
            try await sink.emit("{}")
        }
        backend.capabilities = [.responseFormat, .tools, .toolChoice]
        try await withClient(of: backend) { (client, _) async throws in
            let schema = #"{"type":"object","properties":{"a":{"type":"integer"}}}"#
            let format = #""response_format":{"type":"json_schema","json_schema":{"name":"s","schema":\#(schema)}}"#
            #expect(try await client.chat(format).code == 200)
            let chat = #""messages":[{"role":"user","content":"Hi"}],"stream":false"#
            #expect(try await client.ollama("/api/chat", chat + #","format":\#(schema)"#).code == 200)
            #expect(
                try await client.ollama("/api/generate", #""prompt":"a","stream":false,"format":"json""#).code == 200)
            let tool = #"{"type":"function","function":{"name":"f","parameters":\#(schema)}}"#
            #expect(try await client.chat(#""tools":[\#(tool)]"#).code == 200)
        }
        let outputs = demands.outputs
        #expect(outputs.map { $0?.param } == ["response_format", "format", "format", nil])
        #expect(demands.constraintCount == 2)
        #expect(arguments.withLock { $0[3]["f"] } === outputs[0]?.compiled)
    }
}
