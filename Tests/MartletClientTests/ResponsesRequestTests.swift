import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Requests of OpenAI's Responses API.
struct ResponsesRequestTests {
    private func body(_ request: Client.ResponseRequest, systemPrompt: String? = nil) async throws -> JSONObject {
        try await withFaults(SampleReply.responses.script(isStreamed: false)) { (client, server) async throws in
            var client = client
            client.systemPrompt = systemPrompt
            _ = try await client.respond(request)
            #expect(server.requests.map(\.head.path) == ["/v1/responses"])
            var body = try #require(server.bodies.first)
            #expect(body["model"] == "m")
            body["model"] = nil
            return body
        }
    }

    @Test func `a text, messages, instructions and the previous response are sent`() async throws {
        #expect(
            try await body(.init(input: "Hi")) == [
                "input": [["type": "message", "role": "user", "content": "Hi"]]
            ])
        let request = Client.ResponseRequest(
            input: [.system("Be kind."), .user("Hi")], instructions: "Rhyme.", previousResponseID: "resp_0",
            stores: true)
        #expect(
            try await body(request, systemPrompt: "Be brief.") == [
                "instructions": "Be brief.\n\nRhyme.", "previous_response_id": "resp_0",
                "input": [
                    ["type": "message", "role": "system", "content": "Be kind."],
                    ["type": "message", "role": "user", "content": "Hi"],
                ], "store": true,
            ])
    }

    @Test func `options, tools, format and reasoning have the API's names`() async throws {
        var chat = Client.ChatRequest(
            messages: [.user("Hi")],
            tools: [
                ToolDefinition(name: "f", parameters: ["type": "object"], strict: true), ToolDefinition(name: "g"),
            ],
            temperature: 0.5, maxTokens: 99, thinking: .effort("low"),
            responseFormat: .jsonSchema(name: "s", schema: ["type": "object"], isStrict: true))
        chat.toolChoice = .function("f")
        chat.parallelToolCalls = false
        chat.options.topLogprobs = 2
        chat.options.n = 1
        chat.options.seed = 7
        chat.options.stop = ["END"]
        chat.options.extra = [
            "include": ["x"], "reasoning": ["summary": "auto"], "text": ["verbosity": "low"], "truncation": "auto",
        ]
        var sent = try await body(.init(chat))
        sent["input"] = nil
        #expect(
            sent == [
                "seed": 7, "stop": ["END"], "max_output_tokens": 8096, "top_logprobs": 2,
                "tools": [
                    ["type": "function", "name": "f", "parameters": ["type": "object"], "strict": true],
                    ["type": "function", "name": "g", "parameters": .null, "strict": .null],
                ], "tool_choice": ["type": "function", "name": "f"], "parallel_tool_calls": false,
                "text": [
                    "verbosity": "low",
                    "format": [
                        "type": "json_schema", "name": "s", "schema": ["type": "object"], "strict": true,
                    ],
                ], "reasoning": ["summary": "auto", "effort": "low"],
                "include": ["x", "reasoning.encrypted_content", "message.output_text.logprobs"], "truncation": "auto",
            ])
        chat.toolChoice = .required
        chat.thinking = .off
        sent = try await body(.init(chat))
        #expect((sent["tool_choice"], sent["temperature"], sent["max_output_tokens"]) == ("required", 0.5, 99))
        #expect(sent["reasoning"]?["effort"] == "none")
    }

    @Test func `a history has reasoning before what followed it, calls and their results`() async throws {
        var answer = ChatMessage(role: .assistant, content: [.text("Let me look.")], toolCalls: SampleReply.calls)
        var unknown = SampleReply.reasoningItem.object ?? [:]
        unknown["encrypted_content"] = .null
        var second = SampleReply.reasoningItem.object ?? [:]
        second["id"] = "rs_2"
        answer.reasoningBlocks = [
            ReasoningBlock(SampleReply.reasoningItem.object ?? [:]), ReasoningBlock(second, callID: "call_2"),
            ReasoningBlock(unknown), ReasoningBlock(SampleReply.thinkingBlock.object ?? [:]),
        ]
        let image = ChatMessage(role: .user, content: [.text("So?"), .image(url: "https://x/y.png", detail: "low")])
        let sent = try await body(
            .init(input: [.user("Hi"), answer, .tool("Sunny", answering: "call_1"), .assistant("Yes."), image]))
        let item = { (id: String) in
            [
                "type": "reasoning", "id": .string(id), "summary": [["type": "summary_text", "text": "Let me see."]],
                "encrypted_content": "gAAA",
            ] as JSONValue
        }
        #expect(
            sent["input"] == [
                ["type": "message", "role": "user", "content": "Hi"], item("rs_1"),
                ["type": "message", "role": "assistant", "content": "Let me look."],
                [
                    "type": "function_call", "call_id": "call_1", "name": "weather",
                    "arguments": #"{"city":"Oslo"}"#,
                ], item("rs_2"), ["type": "function_call", "call_id": "call_2", "name": "time", "arguments": "{}"],
                ["type": "function_call_output", "call_id": "call_1", "output": "Sunny"],
                ["type": "message", "role": "assistant", "content": "Yes."],
                [
                    "type": "message", "role": "user",
                    "content": [
                        ["type": "input_text", "text": "So?"],
                        ["type": "input_image", "image_url": "https://x/y.png", "detail": "low"],
                    ],
                ],
            ])
        // The reasoning that follows will be needed too.
        #expect(sent["include"] == ["reasoning.encrypted_content"])
    }

    @Test func `what the API does not have is an error before anything is sent`() async throws {
        try await withFaults([.reply("a")]) { (client, server) async throws in
            var many = Client.ChatRequest(messages: [.user("Hi")])
            many.options.n = 2
            let audio = ContentPart(json: ["type": "input_audio", "input_audio": [:]])
            let requests: [(Client.ChatRequest, String)] = [
                (many, "options.n"), (.init(messages: [.user("Hi")], prefill: "So"), "prefill"),
                (.init(messages: [ChatMessage(role: .user, content: [audio])]), "audio"),
            ]
            for (request, word) in requests {
                for ask in [
                    { _ = try await client.respond(.init(request)) }, { _ = try await client.stream(.init(request)) },
                ] {
                    let error = await failure(ask)
                    #expect(error?.reason == .formatError)
                    #expect(error?.message.contains(word) == true, "\(error?.message ?? "nil")")
                }
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a typed response is decoded, complete and streamed`() async throws {
        struct City: Decodable, Equatable, Sendable { var name: String }
        let text = #"{"name":"Oslo"}"#
        let whole =
            #"{"id":"r","object":"response","status":"completed","error":null,"output":[{"id":"m","type":"message","#
            + #""role":"assistant","status":"completed","content":[{"type":"output_text","text":"#
            + #"\#(JSONValue.string(text)),"annotations":[],"logprobs":[]}]}]}"#
        try await withFaults([.json(whole)]) { (client, server) async throws in
            #expect(try await client.respond(.init(input: "Hi"), as: City.self).value == City(name: "Oslo"))
            let stream = try await client.stream(.init(input: "Hi"), as: City.self)
            #expect(try await stream.reply().value == City(name: "Oslo"))
            let formats = server.bodies.map { $0["text"]?["format"] }
            #expect(formats.count == 2 && formats.allSatisfy { $0?["type"] == "json_schema" && $0?["strict"] == true })
        }
    }
}
