import Martlet
import MartletGateway
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Requests of Ollama's API in front of upstreams that fail, and of several kinds.
@Suite(.serialized)
struct FoldingTests {
    private static let chat = #"{"model":"fault","messages":[{"role":"user","content":"Hi"}]}"#
    private static let whole = #"{"model":"fault","messages":[{"role":"user","content":"Hi"}],"stream":false}"#
    private static let good: [FaultStep] = [.streamHead, .delta("Good"), .finish(), .done]
    private static let goodReply =
        #"{"id":"c","object":"chat.completion","created":1,"model":"fault","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Good","refusal":null},"logprobs":null,"finish_reason":"stop"}]}"#

    private static func upstream(
        _ server: FaultServer, _ name: String, _ kind: UpstreamKind = .openAI, priority: Int = 0
    ) -> Upstream {
        var upstream = Upstream(server.url, kind: kind, name: name, models: ["fault": "fault"])
        upstream.priority = priority
        return upstream
    }

    /// An upstream that fails is asked first, and one that does not is the other.
    private func withTwo(
        _ faults: [FaultStep], _ good: [FaultStep] = good,
        _ body: nonisolated(nonsending) (RawClient, FaultServer, FaultServer) async throws -> Void
    ) async throws {
        try await withFaultServer(faults) { bad in
            try await withFaultServer(good) { other in
                try await withGateway([Self.upstream(bad, "bad"), Self.upstream(other, "good", priority: 1)]) {
                    client, _ in
                    try await body(client, bad, other)
                }
            }
        }
    }

    @Test func `an event that is not JSON fails the attempt, and is not dropped`() async throws {
        let unreadable: FaultStep = .event(#"{"choices":[{"index":0,"delta":{"content":"lost"#)
        try await withTwo([.streamHead, unreadable, .delta("Bad"), .finish(), .done, .close]) { client, bad, good in
            let response = try await client.post("/api/chat", Self.chat)
            #expect(response.head.status == .ok && response.text.contains(#""content":"Good""#), "\(response.text)")
            #expect((bad.requests.count, good.requests.count) == (1, 1))
        }
        try await withTwo([.streamHead, .delta("Half"), unreadable, .delta("Bad"), .finish(), .done, .close]) {
            client, _, good in
            let response = try await client.post("/api/chat", Self.chat)
            #expect(response.text.contains("Half") && !response.text.contains("Bad"), "\(response.text)")
            #expect(response.text.contains(#"{"error":"The upstream bad's answer cannot be read"#), "\(response.text)")
            #expect(good.requests.isEmpty)
        }
    }

    private static let error = #"{"error":{"message":"No.","type":"x","param":null,"code":null}}"#

    @Test(
        arguments: [
            ("a reset", [FaultStep.reset]), ("a broken head", [.send("HTTP/1.1 2"), .close]),
            ("a head of a stream", [.streamHead, .close]), ("500", [.json("{}", status: 500)]),
            ("429", [.json(error, status: 429)]), ("a refused key", [.json("{}", status: 401)]),
            ("a role alone", [.streamHead, .event(FaultStep.chunk(delta: #"{"role":"assistant"}"#)), .reset]),
            ("an error in the place of a stream", [.streamHead, .event(error), .done]),
            ("a redirection", [.head(304), .close]),
        ])
    func `a request whose upstream fails before its first event goes to the next one`(
        _ name: String, _ faults: [FaultStep]
    ) async throws {
        try await withTwo(faults) { client, bad, good in
            let response = try await client.post("/api/chat", Self.chat)
            #expect(response.head.status == .ok, "\(name)")
            #expect(response.text.contains(#""content":"Good""#))
            #expect((bad.requests.count, good.requests.count) == (1, 1))
        }
    }

    @Test func `a reply that is not streamed is retried until it is complete`() async throws {
        let broken: [FaultStep] = [
            .send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"), .reset,
        ]
        try await withTwo(broken, [.json(Self.goodReply)]) { client, bad, good in
            let response = try await client.post("/api/chat", Self.whole)
            #expect(response.head.status == .ok && response.text.contains(#""content":"Good""#))
            #expect((bad.requests.count, good.requests.count) == (1, 1))
            #expect(bad.requests.first?.json?.object?["stream"] == nil)
        }
    }

    @Test(
        arguments: [
            ("a reset", [FaultStep.reset], "The upstream bad closed the connection before its answer was complete."),
            ("an end", [.close], "The upstream bad ended its answer before it was complete."),
            ("an error", [.event(error), .done], "No."),
        ])
    func `a reply that breaks off ends with one error`(
        _ name: String, _ end: [FaultStep], _ sentence: String
    ) async throws {
        try await withTwo([.streamHead, .delta("One")] + end) { client, _, good in
            let response = try await client.post("/api/chat", Self.chat)
            let lines = response.ollamaLines
            #expect(lines.count == 2, "\(name)")
            #expect(lines.first?.contains(#""content":"One""#) == true)
            #expect(lines.last == #"{"error":"\#(sentence)"}"#)
            #expect(good.requests.isEmpty)
        }
    }

    @Test func `a refusal comes back with its status and sentence`() async throws {
        for (status, expected) in [(400, 400), (404, 404), (413, 413), (422, 422), (501, 501)] {
            try await withTwo([.json(Self.error, status: status)]) { client, bad, good in
                let response = try await client.post("/api/chat", Self.chat)
                #expect(response.head.status == HTTPStatus(expected))
                #expect(response.text == #"{"error":"No."}"#)
                #expect(response.head.fields["x-upstream-request-id"] == nil)
                #expect((bad.requests.count, good.requests.count) == (1, 0))
            }
        }
        let busy = FaultStep.json(Self.error, status: 429, fields: ["Retry-After": "7"])
        try await withFaultServer([busy]) { server in
            try await withGateway([Self.upstream(server, "one")]) { client, _ in
                let response = try await client.post("/api/chat", Self.chat)
                #expect(response.head.status == .tooManyRequests && response.head.fields["retry-after"] == "7")
            }
        }
    }

    private static let spellings: [(UpstreamKind, penalty: String, variables: String?, effort: String?)] = [
        (.vLLM, "repetition_penalty", #"{"enable_thinking":false}"#, nil),
        (.sgLang, "repetition_penalty", #"{"enable_thinking":false}"#, nil),
        (.llamaCpp, "repeat_penalty", #"{"enable_thinking":false}"#, nil),
        (.martlet, "repetition_penalty", #"{"enable_thinking":false}"#, "none"),
        (.openAI, "repetition_penalty", nil, "none"), (.ollama, "repetition_penalty", nil, "none"),
    ]

    @Test(arguments: spellings)
    func `parameters are spelled as the upstream reads them`(
        _ kind: UpstreamKind, _ penalty: String, _ variables: String?, _ effort: String?
    ) async throws {
        try await withFaultServer([.head(200), .close], Self.good) { server in
            try await withGateway([Self.upstream(server, "one", kind)]) { client, _ in
                let options = #""options":{"repeat_penalty":1.5,"top_k":3,"num_predict":9},"think":false"#
                _ = try await client.post("/api/chat", Self.chat.dropLast() + ",\(options)}")
                let body = try #require(server.requests.last { $0.head.method == .post }?.json?.object)
                #expect(body[penalty]?.number?.double == 1.5 && body["top_k"]?.number?.int == 3)
                #expect(body["max_tokens"]?.number?.int == 9)
                #expect(body["chat_template_kwargs"]?.description == variables)
                #expect(body["reasoning_effort"]?.string == effort)
                #expect(body["stream_options"] == ["include_usage": true])
                for name in ["options", "think", "keep_alive", "temperature", "seed"] { #expect(body[name] == nil) }
            }
        }
    }

    @Test func `token counts are the upstream's, and estimates without them`() async throws {
        let usage = #"{"id":"c","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":9223372036854775807}}"#
        for (steps, isEstimated, count) in [
            ([FaultStep.event(usage)], false, 1 << 32), ([], true, 2),
        ] {
            let script: [FaultStep] = [.streamHead, .delta("One"), .delta(" two"), .finish()] + steps + [.done]
            try await withFaultServer(script) { server in
                let (records, continuation) = AsyncStream<RequestRecord>.makeStream()
                try await withServer(
                    try Gateway([Self.upstream(server, "one")]),
                    configure: { server in
                        server.onRequestEnd { for record in $0 { continuation.yield(record) } }
                    }
                ) { running in
                    let client = try await RawClient(running)
                    let response = try await client.post("/api/chat", Self.chat)
                    #expect(response.text.contains(#""eval_count":\#(count)"#))
                    await client.close()
                }
                continuation.finish()
                let generation = try #require(await records.first { _ in true }?.generation)
                #expect(generation.isUsageEstimated == isEstimated && generation.upstream == "one")
                #expect(generation.usage.completionTokens == count)
            }
        }
    }

    @Test(
        arguments: [
            #"{"tokens":["a","b"],"token_logprobs":[-0.5,-1],"top_logprobs":[{"a":-0.5,"c":-2},{"b":-1}],"text_offset":[0,1]}"#,
            #"{"content":[{"id":1,"token":"a","bytes":[97],"logprob":-0.5,"top_logprobs":[{"token":"a","bytes":[97],"logprob":-0.5},"#
                + #"{"token":"c","bytes":[99],"logprob":-2}]},{"id":2,"token":"b","bytes":[98],"logprob":-1,"top_logprobs":[{"token":"b","#
                + #""bytes":[98],"logprob":-1}]}]}"#,
        ])
    func `log-probabilities of completions arrive from both of their forms`(_ logprobs: String) async throws {
        let reply =
            #"{"id":"c","object":"text_completion","created":1,"model":"fault","choices":[{"index":0,"text":"ab","#
            + #""logprobs":\#(logprobs),"finish_reason":"stop"}]}"#
        try await withFaultServer([.json(reply)]) { server in
            try await withGateway([Self.upstream(server, "one")]) { client, _ in
                let response = try await client.post(
                    "/api/generate",
                    #"{"model":"fault","prompt":"x","raw":true,"stream":false,"logprobs":true,"top_logprobs":2}"#)
                let entries = try JSONValue(parsing: response.body).object?["logprobs"]?.array ?? []
                #expect(entries.map { $0.object?["token"]?.string } == ["a", "b"])
                #expect(entries.map { $0.object?["logprob"]?.number?.double } == [-0.5, -1])
                #expect(entries.map { $0.object?["top_logprobs"]?.array?.count } == [2, 1])
                #expect(server.requests.last?.json?.object?["logprobs"]?.number?.int == 2)
            }
        }
    }

    @Test func `a client that leaves ends the request to the upstream`() async throws {
        try await withFaultServer([.streamHead, .delta("One"), .stall]) { server in
            try await withGateway([Self.upstream(server, "one")]) { client, running in
                for _ in 0..<20 {
                    let leaving = try await RawClient(running)
                    try await leaving.send(
                        .post, "/api/chat", fields: ["Content-Type": "application/json"], body: Self.chat)
                    _ = try await leaving.receiveHead()
                    _ = try await leaving.receiveContent()
                    await leaving.close()
                }
                try await eventually("the upstream is free") { server.openConnections == 0 }
                #expect(server.requests.count == 20)
            }
        }
    }

    @Test func `an application can call a gateway as any backend`() async throws {
        try await withServer(EchoBackend()) { server in
            let gateway = try Gateway([Upstream(server.url, kind: .martlet, models: ["mine": "echo"])])
            try await gateway.start()
            var request = ChatRequest(model: "mine", messages: [.user("Hello")], stream: true, maxTokens: 99)
            request.sampling.topK = 5
            request.structuredOutput = StructuredOutput(.choices(["a", "b"]), param: "mine")
            let (events, continuation) = AsyncStream<StreamEvent>.makeStream()
            try await gateway.chatCompletionStream(request, to: StreamSink { continuation.yield($0) })
            continuation.finish()
            let text = await events.reduce(into: "") { $0 += $1.text ?? "" }
            #expect(text.contains("topK: 5") && text.contains(#"choices(["a", "b"])"#))
            var completion = TokenRequest(model: "mine", promptTokenIDs: [1, 2])
            completion.echo = true
            await #expect(throws: BackendError.self) {
                try await gateway.generateFromTokens(completion, to: StreamSink { _ in })
            }
            let vectors = try await gateway.embeddings(for: EmbeddingRequest(model: "mine", inputs: [.text("abc")]))
            #expect(vectors.vectors == [[3, 0.1, -3e-9]] && vectors.promptTokens == 7)
            await gateway.shutdown()
        }
    }
}
