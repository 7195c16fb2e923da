import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Ollama's API over a socket: formats, endings, and clients that disconnect or do not read.
@Suite(.serialized)
struct OllamaWireTests {
    private static let hi = #""messages":[{"role":"user","content":"Hi"}]"#

    private func line(_ line: JSONValue, without names: [String] = ["created_at"]) -> JSONObject {
        var members = line.object ?? [:]
        for name in names {
            #expect(members[name] != nil, "\(name) in \(members)")
            members[name] = nil
        }
        return members
    }

    private let durations = ["created_at", "total_duration", "load_duration", "prompt_eval_duration", "eval_duration"]

    @Test func `a chat is streamed as lines by default, and the last has the statistics`() async throws {
        let backend = ScriptedBackend([.text("Hel"), .text("lo")])
        try await withClient(of: backend) { client, _ in
            let lines = try await client.ollama("/api/chat", Self.hi).lines()
            #expect(lines.count == 3)
            #expect(
                line(lines[0]) == [
                    "model": "scripted", "message": ["role": "assistant", "content": "Hel"], "done": false,
                ])
            #expect(
                line(lines[2], without: durations) == [
                    "model": "scripted", "message": ["role": "assistant", "content": ""], "done": true,
                    "done_reason": "stop", "prompt_eval_count": 0, "eval_count": 2,
                ])
            #expect(durations.dropFirst().allSatisfy { (lines[2][$0]?.number?.int ?? 0) > 0 })
        }
    }

    @Test func `a chat that is not streamed is one object`() async throws {
        let backend = ScriptedBackend([.text("Hel"), .text("lo")])
        try await withClient(of: backend) { client, _ in
            let response = try await client.ollama("/api/chat", Self.hi + #","stream":false"#, model: "scripted:latest")
            #expect(response[field: "Content-Type"] == "application/json")
            #expect(
                line(try response.json(), without: durations) == [
                    "model": "scripted:latest", "message": ["role": "assistant", "content": "Hello"], "done": true,
                    "done_reason": "stop", "prompt_eval_count": 0, "eval_count": 2,
                ])
        }
    }

    @Test func `reasoning and tool calls have their own members, and a call is sent once it is complete`() async throws
    {
        let backend = ChatProbe(capabilities: [.tools, .reasoning]) { _, sink in
            try await sink.emit(.reasoning("hm"))
            try await sink.emit(.toolCall(ToolCallFragment(index: 0, id: "a", name: "f", arguments: #"{"x""#)))
            try await sink.emit(.toolCall(ToolCallFragment(index: 0, arguments: ": 1}")))
            try await sink.emit(.toolCall(ToolCallFragment(index: 1, id: "b", name: "g", arguments: "")))
        }
        try await withClient(of: backend) { client, _ in
            let calls: JSONValue = [
                ["id": "a", "function": ["name": "f", "arguments": ["x": 1]]],
                ["id": "b", "function": ["name": "g", "arguments": [:]]],
            ]
            let lines = try await client.ollama("/api/chat", Self.hi + #","think":true"#, model: "scripted").lines()
            let messages = lines.map { $0["message"] }
            #expect(messages[0] == ["role": "assistant", "content": "", "thinking": "hm"])
            #expect(messages[1] == ["role": "assistant", "content": "", "tool_calls": [calls[0] ?? .null]])
            #expect(messages[2] == ["role": "assistant", "content": "", "tool_calls": [calls[1] ?? .null]])
            #expect(lines.last?["done_reason"] == "stop")
            let whole = try await client.ollama(
                "/api/chat", Self.hi + #","think":"low","stream":false"#, model: "scripted")
            #expect(
                try whole.json()["message"] == [
                    "role": "assistant", "content": "", "thinking": "hm", "tool_calls": calls,
                ])
        }
    }

    @Test(arguments: WireFailureTests.failures)
    func `an error is a status and a message, and in a stream a line`(failure: WireFailureTests.Failure) async throws {
        let backend = ScriptedBackend([.fail(failure.error)])
        try await withClient(of: backend) { client, _ in
            for path in ["/api/chat", "/api/generate"] {
                let response = try await client.ollama(path, Self.hi + #","prompt":"Hi","raw":false"#)
                #expect(response.code == failure.status)
                let error = try response.json()
                #expect(error.object?.map(\.key) == ["error"])
                #expect(error["error"]?.string?.isEmpty == false)
                #expect(!response.text.contains("hunter2"))
            }
        }
        try await withClient(of: ScriptedBackend([.text("a"), .fail(failure.error)])) { client, _ in
            let lines = try await client.ollama("/api/chat", Self.hi).lines()
            #expect(lines.count == 2)
            #expect(lines[0]["message"]?["content"] == "a")
            #expect(lines[1].object?.map(\.key) == ["error"])
            #expect(lines[1]["error"]?.string?.isEmpty == false)
        }
    }

    @Test func `options reach the backend, and unknown ones are ignored`() async throws {
        let seen = Gate()
        let backend = ChatProbe { request, sink in
            #expect(request.sampling.temperature == 0.5)
            #expect(request.sampling.topK == 3)
            #expect(request.sampling.topP == 0.25)
            #expect(request.sampling.minP == 0.125)
            #expect(request.sampling.typicalP == 0.75)
            #expect(request.sampling.seed == 42)
            #expect(request.sampling.repetitionPenalty == 1.5)
            #expect(request.sampling.frequencyPenalty == 0.1)
            #expect(request.sampling.presencePenalty == 0.2)
            #expect(request.maxTokens == 7)
            #expect(request.stop == ["x", "y"])
            #expect(request.messages.map(\.role) == [.system, .user, .assistant, .tool])
            #expect(request.messages[2].toolCalls.map(\.arguments) == [#"{"city":"Oslo"}"#])
            #expect(request.messages[3].toolCallID == request.messages[2].toolCalls.first?.id)
            seen.open()
        }
        try await withClient(of: backend) { client, _ in
            let response = try await client.ollama(
                "/api/chat",
                #"""
                "messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},
                {"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"city":"Oslo"}}}]},
                {"role":"tool","tool_name":"f","content":"sunny"}],"keep_alive":"5m",
                "options":{"temperature":0.5,"top_k":3,"top_p":0.25,"min_p":0.125,"typical_p":0.75,"seed":42,
                "repeat_penalty":1.5,"frequency_penalty":0.1,"presence_penalty":0.2,"num_predict":7,"stop":["x","y"],
                "num_ctx":4096,"mirostat":2,"num_gpu":1,"whatever":[1]}
                """#, model: "scripted")
            #expect(response.code == 200, "\(response.text)")
            #expect(seen.isOpen)
        }
    }

    @Test func `a request without a prompt only checks that the model exists`() async throws {
        let backend = ScriptedBackend([.fail(BackendError.failed("never asked"))])
        try await withClient(of: backend) { client, _ in
            for (path, more) in [
                ("/api/chat", ""), ("/api/chat", #""messages":[]"#), ("/api/generate", #""prompt":"""#),
            ] {
                let probe = try await client.ollama(path, more).json()
                #expect(probe["done"] == true && probe["done_reason"] == "load")
            }
            for time in ["0", "0.0", #""0""#] {
                let unload = try await client.ollama("/api/generate", #""keep_alive":\#(time)"#).json()
                #expect(unload["done_reason"] == "unload" && unload["response"] == "")
            }
            #expect(try await client.ollama("/api/embed", #""input":[]"#).json()["embeddings"] == [])
            #expect(try await client.ollama("/api/embeddings").json()["embedding"] == [])
        }
    }

    @Test func `models are listed with their tags, shown by any name, and listed as running`() async throws {
        var backend = ScriptedBackend()
        backend.models = ["small", "org/big:7b"]
        backend.contextLength = 99
        backend.capabilities = [.tools]
        try await withClient(of: backend) { client, _ in
            let tags = try await client.ask(.get, "/api/tags").json()["models"]?.array ?? []
            #expect(tags.map { $0["name"] } == ["small:latest", "org/big:7b"])
            #expect(Set(tags.compactMap { $0["digest"]?.string }).count == 2)
            #expect(tags.allSatisfy { $0["digest"]?.string?.utf8.count == 64 })
            #expect(try await client.ask(.head, "/api/tags").code == 200)
            let running = try await client.ask(.get, "/api/ps").json()["models"]
            #expect(running?[0]?["context_length"] == 99)
            for name in ["small", "small:latest"] {
                let shown = try await client.ollama("/api/show", model: name).json()
                #expect(shown["capabilities"] == ["completion", "tools", "embedding"])
                #expect(shown["model_info"]?["unknown.context_length"] == 99)
            }
            #expect(try await client.ollama("/api/show", model: "big").code == 404)
            #expect(try await client.ask(.get, "/api/version").json()["version"]?.string?.isEmpty == false)
        }
    }

    @Test func `the template names the variables that the model supports`() async throws {
        var backend = ScriptedBackend()
        for capabilities in [[], .tools, .suffix, [.tools, .reasoning]] as [Capabilities] {
            backend.capabilities = capabilities
            try await withClient(of: backend) { client, _ in
                let shown = try await client.ollama("/api/show").json()
                let template = try #require(shown["template"]?.string)
                #expect(template.contains("{{ .Content }}"))
                #expect(template.contains("{{ .Tools }}") == capabilities.contains(.tools))
                #expect(template.contains("{{ .Suffix }}") == capabilities.contains(.suffix))
                #expect(template.contains("{{ .Thinking }}") == capabilities.contains(.reasoning))
                #expect(template.count { $0 == "{" } == template.count { $0 == "}" })
            }
        }
    }

    @Test(arguments: [true, false]) func `the banner is Ollama's only if it is configured`(isAsked: Bool) async throws {
        try await withClient(of: BareBackend(), .with(\.ollamaBanner, isAsked ? true : nil)) { client, _ in
            let root = try await client.ask(.get, "/")
            #expect((root.text == "Ollama is running") == isAsked)
            let head = try await client.ask(.head, "/")
            #expect(head.code == 200)
        }
    }

    // MARK: Clients that disconnect or do not read

    private static let piece = String(repeating: "x", count: 8 * 1024)
    private let endless = ScriptedBackend(Array(repeating: .text(piece), count: 1024))

    @Test func `a client that does not read pauses its backend, and disconnecting ends it`() async throws {
        try await withClient(of: endless) { other, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendOllamaChat()
            let generated = try await stalledTokenCount(of: server)
            #expect(generated < 1024)
            #expect(try await other.ask(.get, "/health").code == 200)
            await client.reset()
            try await eventually { endless.cancelled == 1 && server.counters.tasks == 0 }
            #expect(server.counters.openStreams == 0)
        }
    }

    @Test(arguments: ["", #""stream":false"#])
    func `a client that disconnects while its backend is silent ends it`(more: String) async throws {
        let backend = ScriptedBackend([.hang])
        try await withClient(of: backend) { _, server in
            let client = try await RawClient(server)
            try await client.sendOllamaChat(more)
            try await eventually { backend.started == 1 }
            await client.close()
            try await eventually { backend.cancelled == 1 && server.counters.running == 0 }
        }
    }

    @Test func `a reply that a stop string or a limit ends is complete`() async throws {
        try await withClient(of: endless) { client, _ in
            let stopped = try await client.ollama("/api/chat", Self.hi + #","options":{"num_predict":3}"#).lines()
            #expect(stopped.count == 4)
            #expect(stopped.last?["done_reason"] == "length" && stopped.last?["eval_count"] == 3)
            #expect(try await client.ollama("/api/chat", Self.hi + #","options":{"stop":"xx"}"#).lines().count == 1)
        }
    }

    @Test func `a server that stops lets a stream finish, and ends it with an error line after the drain time`()
        async throws
    {
        let gate = Gate()
        for isFinished in [true, false] {
            let backend = ScriptedBackend([.text("a"), isFinished ? .wait(for: gate) : .hang, .text("b")])
            var configuration = ServerConfiguration(port: 0)
            configuration.drainTimeout = isFinished ? .seconds(30) : .milliseconds(2200)
            let client = try await withServer(backend, configuration: configuration) { server in
                let client = try await RawClient(server)
                try await client.sendOllamaChat()
                try await eventually { server.counters.generatedTokens == 1 }
                if isFinished {
                    Task {
                        try await Task.sleep(for: .milliseconds(100))
                        gate.open()
                    }
                }
                return client
            }
            let lines = try await client.receiveResponse().lines()
            #expect(lines.first?["message"]?["content"] == "a")
            #expect((lines.last?["done"] == true) == isFinished)
            #expect((lines.last?["error"]?.string != nil) == !isFinished)
            await client.close()
        }
    }

    @Test func `a reply that takes too long ends with an error line`() async throws {
        let backend = ScriptedBackend([.text("a"), .hang])
        try await withClient(of: backend, .with(\.requestTimeout, .milliseconds(200))) { client, _ in
            let lines = try await client.ollama("/api/chat", Self.hi).lines()
            #expect(lines.count == 2 && lines[1]["error"]?.string?.isEmpty == false)
        }
    }
}
