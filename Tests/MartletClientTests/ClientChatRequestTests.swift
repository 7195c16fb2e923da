import Foundation
import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Requests as values, and the bodies that they become.
struct ClientChatRequestTests {
    private static let stream: [FaultStep] = [.streamHead, .delta("Hi!"), .finish(), .done, .close]

    /// A request in which everything is set.
    static var full: Client.ChatRequest {
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

    // Checklist rows S4-1, S4-17, S4-src-22.
    @Test
    func `a request survives JSON and Codable, calls and their ids included`()
        throws
    {
        let request = Self.full
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

    // Checklist rows S4-2, S4-3, S4-4, S4-10.
    @Test func `formats and choices without a type of their own are kept as they are`() {
        let body: JSONObject = [
            "messages": [],
            "tool_choice": ["type": "allowed_tools", "allowed_tools": ["mode": "auto", "tools": []]],
            "response_format": ["type": "json_object", "schema": ["type": "object"]],
        ]
        let request = Client.ChatRequest(json: body)
        #expect(request.toolChoice == nil)
        #expect(request.responseFormat == nil)
        #expect(request.json["tool_choice"] == body["tool_choice"])
        #expect(request.json["response_format"] == body["response_format"])
    }

    @Test func `members that are left out are empty, unset and not sent`() async throws {
        let request = Client.ChatRequest(json: [:])
        #expect(request.messages.isEmpty && request.tools.isEmpty && request.images.isEmpty)
        #expect(request.options.temperature == nil && request.options.maxTokens == nil && !request.stream)
        #expect(request.thinking == nil && request.prefill == nil)
        try await withFaults([.reply("a")]) { (client, server) async throws in
            _ = try await client.chat(request)
            #expect(server.bodies[0] == ["model": "m", "messages": []])
        }
    }

    // Checklist rows S3-3, S3-5, S3-6, S3-10, S3-11, S3-13.
    @Test func `unset parameters are not sent, and zero is`() async throws {
        try await withFaults([.reply("Hi!")], Self.stream) { (client, server) async throws in
            _ = try await client.chat("Hi")
            #expect(server.bodies[0].map(\.key) == ["model", "messages"])
            #expect(server.requests[0].head.fields["Content-Type"] == "application/json")
            #expect(!server.requests[0].head.fields.contains("Authorization"))
            var withKey = client
            withKey.apiKey = APIKey("sk-1")
            let request = Client.ChatRequest(
                messages: [.user("Hi")], temperature: 0, maxTokens: 5, responseFormat: .jsonObject)
            _ = try await withKey.stream(request).reply()
            let (body, fields) = (server.bodies[1], server.requests[1].head.fields)
            #expect(body["temperature"]?.number?.double == 0)
            #expect(body["max_tokens"] == 5)
            // S3-6
            #expect(body["response_format"] == ["type": "json_object"])
            // S3-11
            #expect(body["stream_options"] == ["include_usage": true])
            #expect(fields["Authorization"] == "Bearer sk-1")
            #expect(fields["Accept"] == "text/event-stream")
        }
    }

    // Checklist row S3-4.
    @Test func `messages may have parts, and every parameter can be sent`() async throws {
        try await withFaults([.reply("Hi!")]) { (client, server) async throws in
            var options = GenerationOptions(
                temperature: 0.5, topP: 0.9, maxTokens: 9, stop: ["x", "y"], seed: 3, n: 2, topLogprobs: 4,
                extra: ["mirostat": 2, "seed": 99])
            (options.topK, options.minP, options.typicalP, options.repetitionPenalty) = (5, 0.1, 0.8, 1.1)
            (options.frequencyPenalty, options.presencePenalty, options.minTokens) = (0.2, 0.3, 1)
            (options.logitBias, options.stopTokenIDs, options.user) = ([7: -1.5], [0, 2], "u")
            (options.ignoresEndOfText, options.returnsTokenIDs) = (true, false)
            var request = Client.ChatRequest(
                messages: [
                    ChatMessage(role: .user, content: [.text("a"), .image(url: "http://x/y.png", detail: "low")])
                ],
                tools: [ToolDefinition(name: "f", description: "d", parameters: ["type": "object"], strict: true)],
                options: options)
            (request.toolChoice, request.parallelToolCalls) = (.function("f"), false)
            request.responseFormat = .jsonSchema(name: "s", schema: ["type": "object"], isStrict: true)
            _ = try await client.chat(request)
            let sent: JSONObject = [
                "model": "m",
                "messages": [
                    [
                        "role": "user",
                        "content": [
                            ["type": "text", "text": "a"],
                            ["type": "image_url", "image_url": ["url": "http://x/y.png", "detail": "low"]],
                        ],
                    ]
                ],
                "temperature": 0.5, "top_p": 0.9, "frequency_penalty": 0.2, "presence_penalty": 0.3, "min_p": 0.1,
                "typical_p": 0.8, "repetition_penalty": 1.1, "max_tokens": 9, "seed": 3, "n": 2, "top_k": 5,
                "min_tokens": 1, "ignore_eos": true, "return_token_ids": false, "stop": ["x", "y"],
                "stop_token_ids": [0, 2], "logit_bias": ["7": -1.5], "user": "u", "logprobs": true, "top_logprobs": 4,
                "tools": [
                    [
                        "type": "function",
                        "function": [
                            "name": "f", "description": "d", "parameters": ["type": "object"], "strict": true,
                        ],
                    ]
                ],
                "tool_choice": ["type": "function", "function": ["name": "f"]], "parallel_tool_calls": false,
                "response_format": [
                    "type": "json_schema", "json_schema": ["name": "s", "schema": ["type": "object"], "strict": true],
                ], "mirostat": 2,
            ]
            #expect(server.bodies[0] == sent)
            // The same value, written as JSON and read again.
            #expect(
                Client.ChatRequest(json: request.json)
                    == {
                        var r = request
                        r.options.extra = ["mirostat": 2]
                        return r
                    }())
        }
    }

    // Checklist rows S3-7, S3-8.
    @Test func `the request's model overrides the client's, and without a model nothing is sent`() async throws {
        try await withFaults([.reply("Hi!")]) { (client, server) async throws in
            _ = try await client.chat(.init(messages: [.user("Hi")], model: "mine"))
            #expect(server.bodies[0]["model"] == "mine")
            var bare = client
            bare.model = nil
            for ask in [{ try await bare.chat("Hi").content }, { try await bare.stream("Hi").reply().content }] {
                #expect(await failure(ask)?.description.hasPrefix("llm: no model configured") == true)
            }
            #expect(server.requests.count == 1)
        }
    }

    // Checklist rows S4-5, S4-6, S4-7, S4-src-19.
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
    func `thinking is spelled as the server expects, at temperature 1 and with room for the reply`(
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

    // Checklist row S4-5.
    @Test func `the temperature can be kept`() async throws {
        try await withFaults([.reply("a")]) { (client, server) async throws in
            var thinking = Thinking.on
            thinking.keepsTemperature = true
            _ = try await client.chat(.init(messages: [.user("Hi")], temperature: 0.5, thinking: thinking))
            #expect(server.bodies[0]["temperature"] == 0.5)
        }
    }

    // Checklist rows S4-8, S4-src-21.
    @Test func `a prefill is the last message, and a blank one is not sent`() async throws {
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

    // Checklist rows S4-9, S4-src-28.
    @Test func `images are files, URLs and bytes, and other files are refused`() async throws {
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
        let found = ImageAttachment.extractingImages(from: text)
        #expect(found.text == "See and but not /no/such.png or https://x/page")
        #expect(found.images == [.path(file), .url("https://x/y.jpg?z=1")])
        try await withFaults([.reply("a")]) { (client, server) async throws in
            _ = try await client.chat(
                .init(messages: [.user("One"), .assistant("x"), .user("Two")], images: found.images))
            let messages = server.bodies[0]["messages"]
            #expect(messages?[0]?["content"] == "One")
            #expect(messages?[2]?["content"]?.array?.count == 3)
            let withoutUser = Client.ChatRequest(messages: [.system("x")], images: found.images)
            #expect(await failure { try await client.chat(withoutUser) }?.reason == .formatError)
        }
    }

    @Test func `OpenAI gets max_completion_tokens, and others max_tokens`() async throws {
        for (dialect, name) in [(ServerDialect.openAI, "max_completion_tokens"), (.other, "max_tokens")] {
            for thinking in [nil, Thinking.effort("low")] {
                try await withFaults([.reply("ok")]) { (client, server) async throws in
                    var client = client
                    client.dialect = dialect
                    _ = try await client.chat(.init(messages: [.user("Hi")], maxTokens: 9000, thinking: thinking))
                    let names = server.bodies.first.map { body in
                        ["max_tokens", "max_completion_tokens"].filter { body[$0] == 9000 }
                    }
                    #expect(names == [name])
                }
            }
        }
    }
}
