import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// What is built on chats works with every API: the tool loop, typed replies, relays, lists of models.
struct DialectTests {
    private struct Look: Tool {
        struct Arguments: Decodable, Sendable {}
        let name: String
        let description = "Looks."
        func call(_ arguments: Arguments, context: ToolContext) async throws -> String { "\(name) done" }
    }

    @Test(arguments: SampleReply.all, [false, true])
    func `the tool loop returns results and reasoning to the model`(
        _ sample: SampleReply, _ isStreamed: Bool
    ) async throws {
        let final = sample.dialect.reply("Sunny.")
        try await withFaults(sample.script(isStreamed: isStreamed), [final]) { (client, server) async throws in
            var client = client
            client.dialect = sample.dialect
            var request = Client.ChatRequest(messages: [.user("Hi")])
            request.stream = isStreamed
            let run = try await client.runTools(request, tools: [Look(name: "weather"), Look(name: "time")])
            #expect((run.content, run.turns, run.stop) == ("Sunny.", 2, .finished(.stop)))
            #expect((run.usage.promptTokens, run.usage.completionTokens) == (60, 40))
            let sent = "\(server.bodies[1])"
            for word in ["weather done", "time done", "call_1", "call_2"] { #expect(sent.contains(word)) }
            #expect(sent.contains(sample.dialect == .messages ? #""signature":"c2lnbmVk""# : #""gAAA""#))
            #expect(!sent.contains("reasoning_blocks"))
        }
    }

    @Test(arguments: SampleReply.all)
    func `a stored conversation keeps its reasoning, and chat completions do not get it`(
        _ sample: SampleReply
    ) async throws {
        let scripts = [sample.script(isStreamed: false), [sample.dialect.reply("a")], [.reply("b")]]
        try await withFaults(scripts: scripts) { (client, server) async throws in
            var client = client
            client.dialect = sample.dialect
            let reply = try await client.chat("Hi")
            let request = Client.ChatRequest(
                messages: [.user("Hi"), reply.message] + reply.toolCalls.map { .tool("x", answering: $0.id) })
            let stored = Client.ChatRequest(json: request.json)
            #expect(stored == request)
            _ = try await client.chat(stored)
            client.dialect = .other
            _ = try await client.chat(stored)
            let has = server.bodies.map { "\($0)".contains(sample.dialect == .messages ? "c2lnbmVk" : "gAAA") }
            #expect(has == [false, true, false])
        }
    }

    @Test(arguments: SampleReply.all)
    func `a typed reply is requested with the API's format, and decoded`(_ sample: SampleReply) async throws {
        struct City: Decodable, Equatable, Sendable { var name: String }
        try await withFaults([sample.dialect.reply(#"{"name":"Oslo"}"#)]) { (client, server) async throws in
            var client = client
            client.dialect = sample.dialect
            #expect(try await client.chat("Hi", as: City.self).value == City(name: "Oslo"))
            let stream = try await client.stream("Hi", as: City.self)
            #expect(try await stream.reply().value == City(name: "Oslo"))
            let name = sample.dialect == .messages ? "output_config" : "text"
            let required = server.bodies.map { $0[name]?["format"]?["schema"]?["required"] }
            #expect(required == [["name"], ["name"]])
        }
    }

    @Test func `a typed reply that is cut off or refused is an error`() async throws {
        let dialect = ServerDialect.messages
        for reason in ["max_tokens", "refusal"] {
            try await withFaults([dialect.reply("[1", stopReason: reason)]) { (client, _) async throws in
                var client = client
                client.dialect = dialect
                do throws(TypedReplyError) {
                    _ = try await client.chat("Hi", as: [Int].self)
                    Issue.record("There is a value.")
                } catch {
                    switch error {
                    case .truncated(let text): #expect((text, reason) == ("[1", "max_tokens"))
                    case .refused(let text): #expect((text, reason) == ("[1", "refusal"))
                    default: Issue.record("\(error)")
                    }
                }
            }
        }
    }

    @Test(arguments: SampleReply.all)
    func `OpenAI's readers get chunks of any API's stream`(_ sample: SampleReply) async throws {
        try await withFaults(sample.script(isStreamed: true)) { (client, _) async throws in
            var client = client
            client.dialect = sample.dialect
            let frames = WrittenFrames()
            let result = await client.relay(
                .init(messages: [.user("Hi")]), to: frames.sink, frames: .openAI)
            #expect((result.content, result.ending.name) == (SampleReply.text, "finished tool_calls"))
            // A client of OpenAI's API reads the same reply from what was relayed.
            try await withFaults([.streamHead, .send(frames.text), .close]) { (client, _) async throws in
                let reply = try await client.stream("Hi").reply()
                #expect((reply.content, reply.reasoning) == (SampleReply.text, SampleReply.reasoning))
                #expect((reply.toolCalls, reply.finishReason) == (SampleReply.calls, .toolCalls))
                #expect((reply.usage?.totalTokens, reply.model) == (50, "m-1"))
            }
            #expect(frames.text.ranges(of: #""name":"weather""#).count == 1)
        }
    }

    @Test func `Anthropic's list of models is read too`() async throws {
        let list =
            #"{"data":[{"type":"model","id":"a","display_name":"A","created_at":"2025-02-19T00:00:00Z"},"#
            + #"{"type":"model","id":"b","display_name":"B","created_at":"soon"}],"has_more":false,"#
            + #""first_id":"a","last_id":"b"}"#
        try await withFaults([.json(list)]) { (client, server) async throws in
            var client = client
            client.dialect = .messages
            client.apiKey = APIKey("sk-1")
            let models = try await client.models()
            #expect(models.map(\.id) == ["a", "b"])
            #expect(models.map(\.created) == [1_739_923_200, nil])
            let head = try #require(server.requests.first).head
            #expect((head.path, head.query) == ("/v1/models", "limit=1000"))
            #expect((head.fields["x-api-key"], head.fields["anthropic-version"]) == ("sk-1", "2023-06-01"))
        }
    }

    @Test func `a reply cut off at the limit is continued`() async throws {
        for dialect in [ServerDialect.messages, .responses] {
            var cut = FaultStep.json(
                #"{"id":"r","object":"response","status":"incomplete","incomplete_details":{"reason":"#
                    + #""max_output_tokens"},"error":null,"output":[{"type":"message","content":[{"type":"#
                    + #""output_text","text":"One "}]}]}"#)
            if dialect == .messages { cut = dialect.reply("One ", stopReason: "max_tokens") }
            try await withFaults([cut], [dialect.reply("two")]) { (client, server) async throws in
                var client = client
                client.dialect = dialect
                let reply = try await client.chatContinuing(.init(messages: [.user("Count")], maxTokens: 50))
                #expect((reply.content, reply.finishReason) == ("One two", .stop))
                // A prefill, or a request to go on.
                let turns = server.bodies[1][dialect == .messages ? "messages" : "input"]?.array?.count
                #expect(turns == (dialect == .messages ? 2 : 3))
            }
        }
    }
}
