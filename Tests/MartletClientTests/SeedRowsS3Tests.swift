import Logging
import Martlet
import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// What the second client could do that this one descends from, row by row, and what it should have done.
struct SeedRowsS3Tests {
    private static let stream: [FaultStep] = [.streamHead, .delta("Hi!"), .finish(), .done, .close]

    @Test(arguments: [
        ("http://h:1", "http://h:1/v1"), ("http://h:1/", "http://h:1/v1"), ("http://h:1/v1", "http://h:1/v1"),
        ("http://h:1/v1//", "http://h:1/v1"), ("http://h/llm", "http://h/llm/v1"), ("h:11434", "http://h:11434/v1"),
        ("https://h/openai/v1/", "https://h/openai/v1"), ("https://h/v1beta/openai", "https://h/v1beta/openai"),
        (" https://h/v1/chat/completions ", "https://h/v1"), ("http://v1.example", "http://v1.example/v1"),
    ])
    func `S3-1, S3-2 a base URL is one with and without v1`(_ text: String, _ url: String) {
        #expect(BaseURL(text).description == url)
    }

    @Test func `S3-3, S3-5, S3-10, S3-13 what is not set is not sent, and zero can be`() async throws {
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

    @Test func `S3-4 a message may have parts, and every parameter there is can be sent`() async throws {
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
                tools: [ToolDefinition(name: "f", description: "d", parameters: ["type": "object"], isStrict: true)],
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
            // The same value, kept as JSON and read again.
            #expect(
                Client.ChatRequest(json: request.json)
                    == {
                        var r = request
                        r.options.extra = ["mirostat": 2]
                        return r
                    }())
        }
    }

    @Test func `S3-7, S3-8 a request's model goes before the client's, and without any nothing is sent`() async throws {
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

    @Test func `S3-15, S3-37 a transport of one's own is used as it is`() async throws {
        let transport = ScriptedTransport { request in
            #expect(request.url == "http://nowhere/v1/chat/completions")
            return (IncomingHead(), [Array(FaultStep.replyText("Hi!").utf8)])
        }
        let client = Client("http://nowhere", model: "m", transport: transport)
        #expect(try await client.chat("Hi").content == "Hi!")
        #expect(transport.requests.count == 1)
    }

    @Test func `S3-19, S3-20, S3-21 an error is described in a line, and holds all that was said`() async throws {
        let long = String(repeating: "é", count: 400)
        let cases: [(Int, String, String)] = [
            (429, "no", "llm: 429 rate limit (retry-after: 7): no"),
            (503, "no", "llm: 503 overloaded (retry-after: 7): no"),
            (418, "no", "llm: http 418 (retry-after: 7): no"),
            (500, long, "llm: http 500 (retry-after: 7): \(String(repeating: "é", count: 250))..."),
        ]
        for (status, message, description) in cases {
            try await withFaults(
                [.failure(status, message, code: "x", fields: ["Retry-After": "7"])], retry: .none
            ) { (client, _) async throws in
                let error = await failure { try await client.chat("Hi") }
                #expect(error?.description == description)
                #expect(error?.message == message)
                #expect((error?.code, error?.type, error?.retryAfter) == ("x", "t", .seconds(7)))
                #expect(error.map { String(decoding: $0.body, as: UTF8.self).contains(message) } == true)
            }
        }
        try await withFaults([.json("", status: 500)], retry: .none) { (client, _) async throws in
            #expect(await failure { try await client.chat("Hi") }?.description == "llm: http 500")
        }
    }

    @Test(
        arguments: [
            (#"{"error":{"message":"m","type":"t","code":429,"param":"p"}}"#, "m", "429"),
            (#"{"error":"m"}"#, "m", nil), (#"{"object":"error","message":"m","code":"c"}"#, "m", "c"),
            (#"{"detail":"m"}"#, "m", nil), (#"{"detail":[{"loc":["body"],"msg":"m"}]}"#, "m", nil),
            (#"{"message":["m","n"]}"#, "m; n", nil), ("plain words", "plain words", nil),
        ] as [(String, String, String?)])
    func `S3-19 an error is found in every shape that servers use`(
        _ body: String, _ message: String, _ code: String?
    ) async throws {
        try await withFaults([.json(body, status: 400)], retry: .none) { (client, _) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect((error?.message, error?.code) == (message, code))
        }
    }

    @Test func `S3-22, S3-24 what cannot be read says what was being done`() async throws {
        for (body, description) in [
            ("no json", "llm: decode response"), ("", "llm: decode response"), ("[1]", "llm: decode response"),
            (#"{"choices":[]}"#, "llm: response has no choices"),
            (#"{"object":"list"}"#, "llm: response has no choices"),
        ] {
            try await withFaults([.json(body)]) { (client, server) async throws in
                let error = await failure { try await client.chat("Hi") }
                #expect(error?.description.hasPrefix(description) == true)
                #expect(error.map { String(decoding: $0.body, as: UTF8.self) } == body)
                #expect((server.requests.count, error?.attempts) == (3, 3))
            }
        }
        let refused = Client("http://127.0.0.1:\(try FaultServer.refusedPort())", model: "m", retry: .none)
        #expect(await failure { try await refused.chat("Hi") }?.description.hasPrefix("llm: http: ") == true)
        try await withFaults([.head(200, ["Content-Length": "9"]), .close], retry: .none) { (client, _) async throws in
            #expect(await failure { try await client.chat("Hi") }?.description.hasPrefix("llm: read body: ") == true)
        }
        let nonsense = Client("gopher://x", model: "m")
        #expect(await failure { try await nonsense.chat("Hi") }?.description.hasPrefix("llm: build request: ") == true)
    }

    @Test func `S3-16 a cancelled task ends its call`() async throws {
        try await withFaults([.stall]) { (client, server) async throws in
            let asking = Task { await failure { try await client.chat("Hi") } }
            try await eventually { server.requests.count == 1 }
            asking.cancel()
            #expect(await asking.value?.reason == .cancelled)
            try await eventually { server.openConnections == 0 }
        }
    }

    @Test func `S3-23, S3-34, S3-35 a reply has all of its choices, and everything that came with it`() async throws {
        let text =
            #"{"id":"c1","model":"m-1","created":7,"odd":true,"system_fingerprint":"fp","choices":["#
            + #"{"index":0,"message":{"role":"assistant","content":"a","reasoning":"r","refusal":"no"},"finish_reason":"stop","#
            + #""logprobs":{"content":[]}},{"index":1,"message":{"content":"b"},"finish_reason":"length"}],"usage":"#
            + #"{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}"#
        try await withFaults([.json(text, fields: ["x-request-id": "r1", "x-two": "2"])]) { (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect((reply.id, reply.model, reply.created) == ("c1", "m-1", 7))
            #expect(reply.choices.map(\.message.text) == ["a", "b"])
            #expect(reply.choices.map(\.finishReason) == [.stop, .length])
            #expect((reply.content, reply.reasoning) == ("a", "r"))
            #expect(reply.choices[0].message.content.map(\.kind) == [.text, .refusal])
            #expect(reply.choices[0].logprobs == ["content": []])
            #expect((reply.usage?.promptTokens, reply.usage?.cachedTokens, reply.usage?.totalTokens) == (3, 1, 5))
            #expect(reply.json["odd"] == true)
            #expect((reply.response.requestID, reply.response.fields["X-Two"]) == ("r1", "2"))
            #expect(String(decoding: reply.response.body, as: UTF8.self) == text)
        }
    }

}
