import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Requests of Anthropic's Messages API.
struct MessagesRequestTests {
    /// The body of a chat, without the model.
    private func body(
        _ request: Client.ChatRequest, systemPrompt: String? = nil
    ) async throws -> JSONObject {
        try await withFaults(SampleReply.messages.script(isStreamed: false)) { (client, server) async throws in
            var client = client
            client.dialect = .messages
            client.systemPrompt = systemPrompt
            _ = try await client.chat(request)
            var body = try #require(server.bodies.first)
            #expect(body["model"] == "m")
            body["model"] = nil
            return body
        }
    }

    @Test func `the key is sent as x-api-key with the API's version, to the configured server only`() async throws {
        let reply = SampleReply.messages.script(isStreamed: false)
        try await withFaults(reply) { (_, other) async throws in
            let moved = FaultStep.json("{}", status: 307, fields: ["Location": other.url + "/moved"])
            try await withFaults([moved]) { (client, server) async throws in
                var client = client
                client.dialect = .messages
                client.apiKey = APIKey("sk-ant-1")
                _ = try await client.chat("Hi")
                let first = try #require(server.requests.first).head
                #expect((first.method, first.path) == (.post, "/v1/messages"))
                #expect(first.fields["x-api-key"] == "sk-ant-1")
                #expect(first.fields["anthropic-version"] == "2023-06-01")
                #expect(first.fields["Authorization"] == nil)
                let second = try #require(other.requests.first).head
                #expect(second.fields["x-api-key"] == nil)
            }
        }
    }

    @Test func `a chat has instructions apart, a limit, and turns that alternate`() async throws {
        let request = Client.ChatRequest(messages: [
            .system("Be kind."), .user("Hi"), .user("there"), .assistant("Hello."), .assistant(""), .user("Bye"),
        ])
        let sent = try await body(request, systemPrompt: "Be brief.")
        #expect(
            sent == [
                "system": [["type": "text", "text": "Be brief."], ["type": "text", "text": "Be kind."]],
                "messages": [
                    [
                        "role": "user",
                        "content": [["type": "text", "text": "Hi"], ["type": "text", "text": "there"]],
                    ], ["role": "assistant", "content": "Hello."], ["role": "user", "content": "Bye"],
                ], "max_tokens": 8192,
            ])
        #expect(try await body(.init(messages: [.user("Hi")]), systemPrompt: "One.")["system"] == "One.")
    }

    @Test func `parameters have the API's names`() async throws {
        var request = Client.ChatRequest(messages: [.user("Hi")], temperature: 0.5, maxTokens: 9)
        request.options.stop = ["END"]
        request.options.topP = 0.25
        request.options.topK = 3
        request.options.seed = 7
        request.options.n = 1
        request.options.user = "u"
        request.options.extra = ["service_tier": "auto", "output_config": ["effort": "low"]]
        request.responseFormat = .jsonSchema(name: "s", schema: ["type": "object"], isStrict: true)
        let sent = try await body(request)
        #expect(
            sent.filter { $0.key != "messages" }.reduce(into: JSONObject()) { $0[$1.key] = $1.value } == [
                "temperature": 0.5, "top_p": 0.25, "max_tokens": 9, "seed": 7, "top_k": 3, "stop_sequences": ["END"],
                "metadata": ["user_id": "u"],
                "output_config": ["effort": "low", "format": ["type": "json_schema", "schema": ["type": "object"]]],
                "service_tier": "auto",
            ])
    }

    @Test func `tools have input schemas, and the choice of them the API's words`() async throws {
        let schema: JSONObject = ["type": "object", "properties": ["a": ["type": "integer"]]]
        var request = Client.ChatRequest(
            messages: [.user("Hi")],
            tools: [
                ToolDefinition(name: "f", description: "F.", parameters: schema, strict: true),
                ToolDefinition(name: "g"),
            ])
        let cases: [(ToolChoice?, Bool?, JSONValue?)] = [
            (nil, nil, nil), (.auto, nil, ["type": "auto"]), (ToolChoice.none, false, ["type": "none"]),
            (.required, true, ["type": "any", "disable_parallel_tool_use": false]),
            (.function("f"), nil, ["type": "tool", "name": "f"]),
            (nil, false, ["type": "auto", "disable_parallel_tool_use": true]),
        ]
        for (choice, parallel, expected) in cases {
            (request.toolChoice, request.parallelToolCalls) = (choice, parallel)
            let sent = try await body(request)
            #expect(sent["tool_choice"] == expected)
            #expect(sent["parallel_tool_calls"] == nil)
            #expect(
                sent["tools"] == [
                    ["name": "f", "description": "F.", "input_schema": .object(schema), "strict": true],
                    ["name": "g", "input_schema": ["type": "object", "properties": [:]]],
                ])
        }
        request.tools = []
        request.toolChoice = ToolChoice.none
        #expect(try await body(request)["tool_choice"] == nil)
    }

    @Test func `results of tools precede the user's text, and signed thinking is returned`() async throws {
        var answer = ChatMessage(role: .assistant, content: [.text("Let me look.")], toolCalls: SampleReply.calls)
        answer.reasoning = "Hm."
        answer.reasoningBlocks = [
            ReasoningBlock(SampleReply.thinkingBlock.object ?? [:]),
            ReasoningBlock(SampleReply.redactedBlock.object ?? [:], callID: "call_2"),
            ReasoningBlock(SampleReply.reasoningItem.object ?? [:]),
        ]
        let sent = try await body(
            .init(messages: [
                .user("Hi"), answer, .tool("Sunny", answering: "call_1"), .tool("", answering: "call_2"), .user("So?"),
            ]))
        #expect(
            sent["messages"] == [
                ["role": "user", "content": "Hi"],
                [
                    "role": "assistant",
                    "content": [
                        SampleReply.thinkingBlock, ["type": "text", "text": "Let me look."],
                        ["type": "tool_use", "id": "call_1", "name": "weather", "input": ["city": "Oslo"]],
                        SampleReply.redactedBlock,
                        ["type": "tool_use", "id": "call_2", "name": "time", "input": [:]],
                    ],
                ],
                [
                    "role": "user",
                    "content": [
                        ["type": "tool_result", "tool_use_id": "call_1", "content": "Sunny"],
                        ["type": "tool_result", "tool_use_id": "call_2"], ["type": "text", "text": "So?"],
                    ],
                ],
            ])
    }

    @Test func `images and files are blocks with a source, and parts of the API's own are unchanged`() async throws {
        let own: JSONObject = ["type": "document", "source": ["type": "file", "file_id": "f"]]
        let message = ChatMessage(
            role: .user,
            content: [
                .text("See"), .image(url: "data:image/png;base64,AQID"), .image(url: "https://x/y.png"),
                ContentPart(json: [
                    "type": "file", "file": ["filename": "a.pdf", "file_data": "data:application/pdf;base64,AQID"],
                ]), ContentPart(json: own),
                ContentPart(json: ["type": "text", "text": "b", "cache_control": ["type": "ephemeral"]]),
            ])
        let sent = try await body(.init(messages: [message]))
        #expect(
            sent["messages"]?[0]?["content"] == [
                ["type": "text", "text": "See"],
                ["type": "image", "source": ["type": "base64", "media_type": "image/png", "data": "AQID"]],
                ["type": "image", "source": ["type": "url", "url": "https://x/y.png"]],
                [
                    "type": "document",
                    "source": ["type": "base64", "media_type": "application/pdf", "data": "AQID"], "title": "a.pdf",
                ], .object(own), ["type": "text", "text": "b", "cache_control": ["type": "ephemeral"]],
            ])
    }

    @Test(
        arguments: [
            (.off, nil, ["thinking": ["type": "disabled"], "temperature": 0.5, "max_tokens": 8192]),
            (.on, 100, ["thinking": ["type": "adaptive"], "max_tokens": 12096]),
            (
                .effort("high"), 30000,
                ["thinking": ["type": "adaptive"], "output_config": ["effort": "high"], "max_tokens": 30000]
            ),
            (.budget(1024), nil, ["thinking": ["type": "enabled", "budget_tokens": 1024], "max_tokens": 8192]),
            (.budget(9000), nil, ["thinking": ["type": "enabled", "budget_tokens": 9000], "max_tokens": 13096]),
        ] as [(Thinking, Int?, JSONObject)])
    func `thinking is adaptive unless it has a budget, below the limit`(
        _ thinking: Thinking, _ maxTokens: Int?, _ expected: JSONObject
    ) async throws {
        let sent = try await body(
            .init(messages: [.user("Hi")], temperature: 0.5, maxTokens: maxTokens, thinking: thinking))
        for name in ["thinking", "output_config", "temperature", "max_tokens"] {
            #expect(sent[name] == expected[name], "\(name)")
        }
    }

    @Test func `a prefill is the last turn, without white space at its end`() async throws {
        let sent = try await body(.init(messages: [.user("Hi")], prefill: "So \n"))
        #expect(sent["messages"]?[1] == ["role": "assistant", "content": "So"])
        #expect(sent["continue_final_message"] == nil)
    }

    @Test func `what the API does not have is an error before anything is sent`() async throws {
        try await withFaults([.reply("a")]) { (client, server) async throws in
            var client = client
            client.dialect = .messages
            var many = Client.ChatRequest(messages: [.user("Hi")])
            many.options.n = 2
            var logprobs = Client.ChatRequest(messages: [.user("Hi")])
            logprobs.options.topLogprobs = 1
            let part = { (json: JSONObject) in
                Client.ChatRequest(messages: [ChatMessage(role: .user, content: [ContentPart(json: json)])])
            }
            let requests: [(Client.ChatRequest, String)] = [
                (many, "options.n"), (logprobs, "options.topLogprobs"),
                (.init(messages: [.user("Hi")], responseFormat: .jsonObject), "jsonObject"),
                (.init(messages: [.user("Hi")], thinking: .budget(1023)), "1024"),
                (part(["type": "input_audio", "input_audio": [:]]), "audio"),
                (part(["type": "file", "file": ["file_id": "f"]]), "file_data"),
                (part(["type": "image_url", "image_url": ["url": "data:image/png,x"]]), "base64"),
                (part(["type": "image_url", "image_url": ["url": "data:"]]), "base64"),
            ]
            for (request, word) in requests {
                for isStreamed in [false, true] {
                    let error = await failure {
                        if isStreamed {
                            _ = try await client.stream(request)
                        } else {
                            _ = try await client.chat(request)
                        }
                    }
                    #expect(error?.reason == .formatError)
                    #expect(error?.message.contains(word) == true, "\(error?.message ?? "nil")")
                }
            }
            #expect(server.requests.isEmpty)
        }
    }
}
