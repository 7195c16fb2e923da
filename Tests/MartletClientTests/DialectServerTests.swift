import Martlet
import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// The same conversations with a Martlet server, through each API.
struct DialectServerTests {
    /// A way to the server.
    enum Way: CaseIterable, Sendable {
        case chatCompletions, messages, responses, respond

        var dialect: ServerDialect {
            switch self {
            case .chatCompletions, .respond: .martlet
            case .messages: .messages
            case .responses: .responses
            }
        }

        func ask(_ client: Client, _ request: Client.ChatRequest, isStreamed: Bool) async throws -> ChatReply {
            var client = client
            client.dialect = dialect
            guard self == .respond else {
                return try await isStreamed ? client.stream(request).reply() : client.chat(request)
            }
            let request = Client.ResponseRequest(request)
            return try await isStreamed ? client.stream(request).reply() : client.respond(request)
        }
    }

    /// What the APIs have in common.
    private struct Summary: Equatable {
        var text: String
        var reasoning: String?
        var calls: [ToolCall]
        var reason: FinishReason?
        var counts: [Int?]

        init(_ reply: ChatReply) {
            (text, reasoning, calls) = (reply.content, reply.reasoning, reply.toolCalls)
            reason = reply.finishReason
            counts = [reply.usage?.promptTokens, reply.usage?.completionTokens, reply.usage?.cachedTokens]
        }
    }

    private static let tools = [
        ToolDefinition(name: "weather", description: "The weather.", parameters: ["type": "object"]),
        ToolDefinition(name: "time", parameters: ["type": "object"]),
    ]

    nonisolated(nonsending) private func withServer(
        of scripts: [ScriptedStep]..., keys: [String] = [],
        body: nonisolated(nonsending) (Client) async throws -> Void
    ) async throws {
        var backend = ScriptedBackend()
        backend.scripts = scripts
        backend.capabilities = [.tools, .toolChoice, .reasoning, .responseFormat]
        let authenticator = keys.isEmpty ? nil : try StaticKeys(keys)
        let configure = { (server: inout Server) in server.authenticator = authenticator }
        try await Martlet.withServer(backend, configuration: ServerConfiguration(port: 0), configure: configure) {
            (server) async throws in
            try await withTransport { (transport) async throws in
                try await body(
                    Client(
                        "http://127.0.0.1:\(server.port)", model: "scripted", retry: .none, transport: transport))
            }
        }
    }

    private static func call(_ index: Int, _ pieces: [String]) -> [ScriptedStep] {
        let call = SampleReply.calls[index]
        return pieces.enumerated().map { place, text in
            let name = place == 0 ? call.name : nil
            return .emit(.toolCall(ToolCallFragment(index: index, id: call.id, name: name, arguments: text)))
        }
    }

    @Test func `one conversation has one reply through every API`() async throws {
        let look: [ScriptedStep] =
            [.emit(.reasoning("Let me ")), .emit(.reasoning("see.")), .text("I look "), .text("it up: é漢🙂.")]
            + Self.call(0, [#"{"city":"#, #""Oslo"}"#]) + Self.call(1, ["{}"])
            + [.emit(.usage(promptTokens: 30, completionTokens: 20, cachedTokens: 10)), .emit(.finish(.toolCalls))]
        try await withServer(of: look) { (client) async throws in
            let first = Client.ChatRequest(
                messages: [.system("Be brief."), .user("Hi")], tools: Self.tools, maxTokens: 99)
            for way in Way.allCases {
                for isStreamed in [false, true] {
                    let reply = try await way.ask(client, first, isStreamed: isStreamed)
                    #expect(reply.content == SampleReply.text, "\(way)")
                    #expect(reply.reasoning == SampleReply.reasoning, "\(way)")
                    #expect(reply.toolCalls == SampleReply.calls, "\(way)")
                    #expect(reply.finishReason == .toolCalls, "\(way)")
                    #expect(Summary(reply).counts == [30, 20, 10], "\(way)")
                    // The history is accepted with the results of the calls.
                    var next = first
                    next.messages.append(reply.message)
                    for call in reply.toolCalls { next.messages.append(.tool("Sunny", answering: call.id)) }
                    _ = try await way.ask(client, next, isStreamed: isStreamed)
                }
            }
        }
    }

    @Test func `text ends for the same reason through every API`() async throws {
        let plain: [ScriptedStep] = [.text("One "), .text("two "), .text("three")]
        try await withServer(of: plain) { (client) async throws in
            let cases: [(Int, [String], String, FinishReason)] = [
                (99, [], "One two three", .stop), (99, ["two"], "One ", .stop), (2, [], "One two ", .length),
            ]
            for (limit, stop, text, reason) in cases {
                var request = Client.ChatRequest(messages: [.user("Count")], maxTokens: limit)
                request.options.stop = stop
                for way in Way.allCases {
                    for isStreamed in [false, true] {
                        let reply = try await way.ask(client, request, isStreamed: isStreamed)
                        #expect((reply.content, reply.finishReason) == (text, reason), "\(way)")
                    }
                }
            }
        }
    }

    @Test func `an error has the same reason through every API, before the reply and within it`() async throws {
        let unavailable = BackendError.unavailable("Busy.")
        try await withServer(of: [.fail(unavailable)], keys: ["a-key-that-is-long-enough"]) {
            (client) async throws in
            let request = Client.ChatRequest(messages: [.user("Hi")], maxTokens: 99)
            for way in Way.allCases {
                for isStreamed in [false, true] {
                    let ask = { (client: Client, request: Client.ChatRequest) in
                        await failure { try await way.ask(client, request, isStreamed: isStreamed) }
                    }
                    #expect(await ask(client, request)?.reason == .auth, "\(way)")
                    var client = client
                    client.apiKey = APIKey("a-key-that-is-long-enough")
                    let error = await ask(client, request)
                    #expect(error?.reason == .overloaded, "\(way) \(String(describing: error))")
                    #expect(error?.isRetryable == true && error?.requestID != nil, "\(way)")
                    var other = request
                    other.model = "nobody"
                    #expect(await ask(client, other)?.reason == .modelNotFound, "\(way)")
                }
            }
        }
        try await withServer(of: [.text("a"), .fail(BackendError.unavailable("Gone."))]) { (client) async throws in
            for way in Way.allCases {
                let request = Client.ChatRequest(messages: [.user("Hi")], maxTokens: 99)
                let error = await failure { try await way.ask(client, request, isStreamed: true) }
                #expect(
                    error?.isRetryable == true && error?.reason != .interrupted, "\(way) \(String(describing: error))")
                #expect(error?.message.contains("Gone.") == true, "\(way)")
            }
        }
    }

    @Test func `models are listed through every API`() async throws {
        try await withServer(of: [.text("a")]) { (client) async throws in
            for way in Way.allCases {
                var client = client
                client.dialect = way.dialect
                let models = try await client.models()
                #expect(models.map(\.id) == ["scripted"])
                #expect(models.first?.created != nil, "\(way)")
            }
        }
    }
}
