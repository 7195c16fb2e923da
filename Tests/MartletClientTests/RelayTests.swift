import Martlet
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// Streams that are relayed to a sink.
struct RelayTests {
    // Checklist rows S0-3, S0-23, S0-24, S0-25, S0-26, S0-src-8.
    @Test func `each piece is relayed in its own frame, and the text is returned`() async throws {
        try await withLLM([.streamHead, .delta("Hel"), .delta("lo \"x\""), .finish(), .done, .close]) {
            (llm, server) async throws in
            let (frames, text) = await relay(llm)
            #expect(
                frames == "data: {\"content\":\"Hel\"}\n\ndata: {\"content\":\"lo \\\"x\\\"\"}\n\ndata: [DONE]\n\n")
            #expect(text == "Hello \"x\"")
            // S0-src-8
            let body =
                #"{"model":"gpt-2","messages":[{"role":"user","content":"Hello!"}],"stream":true,"#
                + #""stream_options":{"include_usage":true}}"#
            #expect(String(decoding: server.requests[0].body, as: UTF8.self) == body)
            #expect(server.requests[0].head.fields["Accept"] == "text/event-stream")
        }
    }

    // Checklist rows S0-25, S0-src-12, S0-src-13, S0-src-14.
    @Test(
        arguments: [
            ([.failure(500, "broken")], "", "http_500"), ([.reset], "", "connection"),
            ([.streamHead, .delta("a"), .close], "a", "interrupted"),
            ([.streamHead, .delta("a"), .event(#"{"error":{"message":"x"}}"#)], "a", "server_error"),
        ] as [([FaultStep], String, String)])
    func `a failed relay sends the error and then [DONE]`(
        _ steps: [FaultStep], _ content: String, _ code: String
    ) async throws {
        try await withLLM(steps) { (llm, _) async throws in
            let (frames, text) = await relay(llm)
            #expect(text == content)
            let events = frames.split(separator: "\n\n").map { String($0.dropFirst(6)) }
            #expect(events.last == "[DONE]")
            let error = try JSONValue(parsing: Array(try #require(events.dropLast().last).utf8))["error"]
            #expect(error?["code"]?.string == code)
            #expect(error?["message"]?.string?.isEmpty == false)
            #expect(events.count == (content.isEmpty ? 2 : 3))
        }
    }

    // Checklist row S0-24.
    @Test func `chunks are relayed unchanged, each once, equal ones included`() async throws {
        let chunks = [
            #"{"choices":[{"index":0,"delta":{"role":"assistant"}}]}"#, FaultStep.chunk(delta: #"{"content":"ha"}"#),
            FaultStep.chunk(delta: #"{"content":"ha"}"#), #"{"odd":1}"#,
            #"{"choices":[{"index":0,"delta":{"content":"!"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#,
        ]
        try await withFaults([.streamHead] + chunks.map { .event($0) } + [.done, .close]) { (client, _) async throws in
            let frames = Mutex("")
            let sink = ClosureSink { text in frames.withLock { $0 += text } }
            let relayed = await client.relay(.init(messages: [.user("Hi")]), to: sink, frames: .openAI)
            #expect(relayed.content == "haha!")
            #expect(frames.withLock { $0 } == (chunks + ["[DONE]"]).map(FaultStep.eventText).joined())
        }
    }

    // Checklist rows S0-23, S0-src-31.
    @Test func `a sink that throws ends the stream at its server`() async throws {
        struct Gone: Error {}
        try await withLLM([.streamHead, .delta("a"), .delta("b"), .stall]) { (llm, server) async throws in
            let writes = Mutex(0)
            let text = await llm.chatStream(
                [LLM.Message("user", "Hello!")],
                to: ClosureSink { _ in
                    if writes.withLock({
                        $0 += 1
                        return $0
                    }) == 2 {
                        throw Gone()
                    }
                })
            #expect(text == "ab")
            try await eventually { server.openConnections == 0 }
        }
    }

    // Checklist rows S0-27, S0-32, S0-34.
    @Test func `a Martlet route relays a stream, replies in plain text, and sends 503 on failure`() async throws {
        try await withServer(ScriptedBackend([.text("Hel"), .text("lo")])) { (upstream) async throws in
            let llm = LLM("http://127.0.0.1:\(upstream.port)")
            llm.setModel("scripted")
            try await withServer(
                ScriptedBackend()
            ) { server in
                try server.route(.post, "/stream") { _, writer in
                    let body = writer.stream(ResponseHead(fields: ["Content-Type": "text/event-stream"]))
                    _ = await llm.chatStream([LLM.Message("user", "Hi")], to: body)
                }
                try server.route(.post, "/text") { _, writer in
                    let reply = await llm.chat("Hi")
                    writer.send(
                        reply.stopReason == "error"
                            ? HTTPResponse(.serviceUnavailable, text: "upstream LLM unreachable")
                            : HTTPResponse(text: reply.content))
                }
            } while: { (server) async throws in
                let client = try await RawClient(server)
                let streamed = try await client.ask(.post, "/stream", body: "{}")
                #expect(
                    streamed.text == "data: {\"content\":\"Hel\"}\n\ndata: {\"content\":\"lo\"}\n\ndata: [DONE]\n\n")
                #expect(try await client.ask(.post, "/text", body: "{}").text == "Hello")
                llm.setModel("no-such-model")
                #expect(try await client.ask(.post, "/text", body: "{}").code == 503)
                await client.close()
            }
        }
    }

    @Test(arguments: RelayTestFrames.allCases)
    func `a relayed error is short and contains no keys`(_ frames: RelayTestFrames) async throws {
        let secret = "sk-proj-abcdefghijklmnop0123456789"
        let long =
            "Wrong key \(secret), Bearer \(secret), other sk-other-ABCDEFGHIJKLMNOP, token 0123-field. "
            + String(repeating: "é", count: 9000)
        for script in [
            [FaultStep.failure(401, long)], [.streamHead, .delta("a"), .event(#"{"error":{"message":"\#(long)"}}"#)],
        ] {
            try await withFaults(script, retry: .none) { (client, _) async throws in
                var client = client
                client.apiKey = APIKey(secret)
                client.fields = ["X-Auth-Token": "0123-field"]
                let written = WrittenFrames()
                _ = await client.relay(.init(messages: [.user("Hi")]), to: written.sink, frames: frames.value)
                #expect(!written.text.contains("abcdefghijklmnop") && !written.text.contains("ABCDEFGHIJKLMNOP"))
                #expect(written.text.contains("Wrong key ***"))
                #expect(!written.text.contains("0123-field"))
                #expect(written.text.utf8.count < 1500)
                #expect(written.text.contains("[DONE]"))
            }
        }
    }

    @Test func `a relay of chunks leaves reasoning in the content`() async throws {
        try await withFaults([
            .streamHead, .delta("<think>a</thi"), .delta("nk>"), .delta("b"), .finish(), .done, .close,
        ]) { (client, _) async throws in
            let frames = WrittenFrames()
            let relayed = await client.relay(.init(messages: [.user("Hi")]), to: frames.sink, frames: .openAI)
            #expect(relayed.content == "b")
            #expect(frames.text.contains("<think>a</thi"))
            #expect(frames.count == 5)
        }
    }

    enum RelayTestFrames: CaseIterable {
        case content, openAI
        var value: RelayFrames { self == .content ? .content : .openAI }
    }
}
