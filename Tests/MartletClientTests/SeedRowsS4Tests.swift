import Foundation
import Martlet
import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// What the third client could do that this one descends from, row by row: requests as values, thinking, errors by what
/// to do about them, and what an application does around a call. The tool loop's rows are in `ToolRunTests`.
struct SeedRowsS4Tests {
    /// A request in which everything is set.
    private var full: Client.ChatRequest {
        let messages: [ChatMessage] = [
            .system("s"), .user("u"),
            ChatMessage(
                role: .assistant, content: [], toolCalls: [ToolCall(id: "c1", name: "f", arguments: "{\"a\":1}")]),
            .tool("4", answering: "c1"),
        ]
        var request = Client.ChatRequest(
            messages: messages, model: "m", tools: [ToolDefinition(name: "f", parameters: ["type": "object"])],
            temperature: 0.5, maxTokens: 9, thinking: .budget(5000), prefill: "So",
            images: [.path("/a.png"), .url("http://x/y.jpg"), .data([1, 2], mediaType: "image/gif")], stream: true)
        request.options.extra = ["odd": [1, "x", .null]]
        return request
    }

    @Test
    func `S4-1, S4-17, S4-src-22 a request is a value that survives JSON and Codable, calls and their ids included`()
        throws
    {
        let request = full
        #expect(Client.ChatRequest(json: request.json) == request)
        let coded = try JSONDecoder().decode(Client.ChatRequest.self, from: JSONEncoder().encode(request))
        #expect(coded == request)
        #expect(coded.messages[2].toolCalls.first?.id == "c1")
        #expect(coded.messages[3].toolCallID == "c1")
        var other = coded
        other.prefill = nil
        #expect(other != request)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Client.ChatRequest.self, from: Data("[1]".utf8))
        }
    }

    @Test func `S4-2, S4-3, S4-4, S4-10 what is left out is empty, unset and not streamed`() async throws {
        let request = Client.ChatRequest(json: [:])
        #expect(request.messages.isEmpty && request.tools.isEmpty && request.images.isEmpty)
        #expect(request.options.temperature == nil && request.options.maxTokens == nil && !request.stream)
        #expect(request.thinking == nil && request.prefill == nil)
        try await withFaults([.reply("a")]) { (client, server) async throws in
            _ = try await client.chat(request)
            #expect(server.bodies[0] == ["model": "m", "messages": []])
        }
    }

    @Test(
        arguments: [
            (.effort("low"), nil, .other, ["reasoning_effort": "low", "temperature": 1]),
            (.on, 100, .other, ["reasoning_effort": "medium", "temperature": 1, "max_tokens": 12096]),
            (.budget(4000), 20000, .other, ["reasoning_effort": "low", "temperature": 1, "max_tokens": 20000]),
            (.budget(9000), nil, .other, ["reasoning_effort": "high", "temperature": 1]),
            (.off, 100, .other, ["reasoning_effort": "none", "temperature": 0.5, "max_tokens": 100]),
            (
                .effort("high"), 100, .openAI,
                ["reasoning_effort": "high", "temperature": 1, "max_completion_tokens": 20096]
            ),
            (.budget(500), nil, .openRouter, ["reasoning": ["max_tokens": 500], "temperature": 1]),
            (.off, nil, .openRouter, ["reasoning": ["enabled": false], "temperature": 0.5]),
            (
                .budget(500), nil, .anthropic,
                ["thinking": ["type": "enabled", "budget_tokens": 500], "temperature": 1]
            ),
            (
                .budget(500), nil, .vLLM,
                ["chat_template_kwargs": ["enable_thinking": true], "thinking_token_budget": 500, "temperature": 1]
            ),
            (.off, nil, .llamaCPP, ["chat_template_kwargs": ["enable_thinking": false], "temperature": 0.5]),
        ] as [(Thinking, Int?, ServerDialect, JSONObject)])
    func `S4-5, S4-6, S4-7, S4-src-19 thinking is said in the server's words, at temperature 1 and with room for it`(
        _ thinking: Thinking, _ maxTokens: Int?, _ dialect: ServerDialect, _ expected: JSONObject
    ) async throws {
        try await withFaults([.reply("a")]) { (client, server) async throws in
            var client = client
            client.dialect = dialect
            _ = try await client.chat(
                .init(messages: [.user("Hi")], temperature: 0.5, maxTokens: maxTokens, thinking: thinking))
            var body = server.bodies[0]
            body["model"] = nil
            body["messages"] = nil
            #expect(body == expected)
        }
    }

    @Test func `S4-5 who knows better keeps the temperature`() async throws {
        try await withFaults([.reply("a")]) { (client, server) async throws in
            var thinking = Thinking.on
            thinking.keepsTemperature = true
            _ = try await client.chat(.init(messages: [.user("Hi")], temperature: 0.5, thinking: thinking))
            #expect(server.bodies[0]["temperature"] == 0.5)
        }
    }

    @Test func `S4-8, S4-src-21 a prefill is the last message, and a blank one is none`() async throws {
        try await withFaults([.reply("a")]) { (client, server) async throws in
            for prefill in ["So", " \n", nil] as [String?] {
                _ = try await client.chat(.init(messages: [.user("Hi")], prefill: prefill))
            }
            var vLLM = client
            vLLM.dialect = .vLLM
            _ = try await vLLM.chat(.init(messages: [.user("Hi")], prefill: "So"))
            let bodies = server.bodies
            #expect(bodies.map { $0["messages"]?.array?.count } == [2, 1, 1, 2])
            #expect(bodies[0]["messages"]?[1] == ["role": "assistant", "content": "So"])
            #expect(bodies.map { $0["continue_final_message"] } == [nil, nil, nil, true])
        }
    }

    @Test func `S4-9, S4-src-28 images come from files, addresses and bytes, and what is no image is refused`()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["png", "jpg", "jpeg", "gif", "webp", "bmp", "PNG"] {
            let file = folder.appending(path: "a.\(name)").path
            try Data([1, 2, 3]).write(to: URL(filePath: file))
            let type = ["jpg": "jpeg", "PNG": "png"][name] ?? name
            let part = try ImageAttachment.path(file).part()
            #expect(part.json["image_url"]?["url"] == .string("data:image/\(type);base64,AQID"))
        }
        for path in ["\(folder.path)/none.png", "\(folder.path)/a.txt"] {
            let error = await failure { try ImageAttachment.path(path).part() }
            #expect(error?.reason == .formatError && error?.isRetryable == false)
        }
        let file = "\(folder.path)/a.png"
        let text = "See \(file) and https://x/y.jpg?z=1 but not /no/such.png or https://x/page"
        let pulled = ImageAttachment.extractingImages(from: text)
        #expect(pulled.text == "See and but not /no/such.png or https://x/page")
        #expect(pulled.images == [.path(file), .url("https://x/y.jpg?z=1")])
        try await withFaults([.reply("a")]) { (client, server) async throws in
            _ = try await client.chat(
                .init(messages: [.user("One"), .assistant("x"), .user("Two")], images: pulled.images))
            let messages = server.bodies[0]["messages"]
            #expect(messages?[0]?["content"] == "One")
            #expect(messages?[2]?["content"]?.array?.count == 3)
            let lonely = Client.ChatRequest(messages: [.system("x")], images: pulled.images)
            #expect(await failure { try await client.chat(lonely) }?.reason == .formatError)
        }
    }

    @Test func `S4-11, S4-src-31 whole and streamed, the same request is asked and the same reply comes of it`()
        async throws
    {
        let call = #""tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]"#
        let whole =
            #"{"id":"x","model":"m-1","created":1,"choices":[{"index":0,"message":{"role":"assistant","content":"a","#
            + #""reasoning_content":"r",\#(call)},"finish_reason":"tool_calls"}],"#
            + #""usage":{"prompt_tokens":3,"completion_tokens":2}}"#
        let chunk = whole.replacing(#""message""#, with: #""delta""#)
        try await withFaults([.json(whole)], [.streamHead, .event(chunk), .done, .close]) {
            (client, server) async throws in
            let one = try await client.chat(full.withoutImages)
            let other = try await client.stream(full.withoutImages).reply()
            #expect(one.choices.map(\.message) == other.choices.map(\.message))
            #expect((one.finishReason, one.usage, one.id) == (other.finishReason, other.usage, other.id))
            #expect((one.model, one.created) == (other.model, other.created))
            var streamed = server.bodies[1]
            #expect(streamed["stream"] == true)
            streamed["stream"] = nil
            streamed["stream_options"] = nil
            #expect(server.bodies[0] == streamed)
        }
    }

    @Test func `S4-src-1, S4-src-3 a reply says what the server said, and nothing is made up`() async throws {
        try await withFaults([.json(#"{"choices":[{"message":{"content":null}}]}"#)]) { (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect((reply.content, reply.finishReason, reply.usage, reply.reasoning) == ("", nil, nil, nil))
            #expect(!reply.hasToolCalls && !reply.isTextOnly && reply.toolCalls.isEmpty)
            #expect(!reply.response.body.isEmpty)
        }
    }

}

extension Client.ChatRequest {
    fileprivate var withoutImages: Self {
        var request = self
        request.images = []
        return request
    }
}
