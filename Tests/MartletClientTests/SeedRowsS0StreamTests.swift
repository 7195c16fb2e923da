import Foundation
import Logging
import Martlet
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// The same for streams: how they are read, relayed and held.
struct SeedRowsS0StreamTests {
    @Test func `S0-3, S0-23, S0-24, S0-25, S0-26 each piece is relayed in a frame of its own, and the text returned`()
        async throws
    {
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

    @Test(
        arguments: [
            ([.failure(500, "broken")], "", "http_500"), ([.reset], "", "connection"),
            ([.streamHead, .delta("a"), .close], "a", "interrupted"),
            ([.streamHead, .delta("a"), .event(#"{"error":{"message":"x"}}"#)], "a", "server_error"),
        ] as [([FaultStep], String, String)])
    func `S0-25, S0-src-12, S0-src-13, S0-src-14 a relay that fails says so and still ends with DONE`(
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

    @Test func `S0-24 chunks are relayed as they came, each once, also those that are the same`() async throws {
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

    @Test func `S0-23, S0-src-31 a sink whose reader left ends the stream at its server`() async throws {
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

    @Test func `S0-src-15, S0-src-16, S0-src-19, S0-src-20, S0-src-21 a stream is read by its grammar, to its end`()
        async throws
    {
        let chunks = FaultStep.chunk(delta: #"{"content":"a"}"#)
        let last = #"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#
        let text =
            ": tick\r\ndata:\(chunks)\r\n\r\ndata: \(FaultStep.chunk(delta: "{}", finish: "stop"))\n\ndata: \(last)"
        try await withFaults([.streamHead, .send(text, inPiecesOf: 50), .close]) { (client, _) async throws in
            let reply = try await client.stream("Hi").reply()
            #expect((reply.content, reply.finishReason, reply.usage?.totalTokens) == ("a", .stop, 7))
        }
    }

    @Test func `S0-src-17, S0-src-18 chunked and close-delimited bodies are read, in any spelling and any pieces`()
        async throws
    {
        let event = FaultStep.eventText(FaultStep.chunk(delta: #"{"content":"a"}"#)) + FaultStep.eventText("[DONE]")
        let size = String(event.utf8.count, radix: 16)
        let chunked = "\(size);ext=1\r\n\(event)\r\n0\r\nTrailer: x\r\n\r\n"
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        for text in [
            "\(head)tRaNsFeR-EnCoDiNg: Chunked\r\n\r\n\(chunked)", "\(head)Connection: close\r\n\r\n\(event)",
        ] {
            try await withFaults([.send(text, inPiecesOf: 11), .close]) { (client, _) async throws in
                #expect(try await client.stream("Hi").reply().content == "a")
            }
        }
        let broken = "\(head)Transfer-Encoding: chunked\r\n\r\nxyz\r\n"
        try await withFaults([.send(broken), .stall], retry: .none) { (client, _) async throws in
            #expect(await failure { try await client.stream("Hi") } != nil)
        }
    }

    @Test func `S0-40, S0-41 one thread holds a thousand streams, of a server that stands in for the real one`()
        async throws
    {
        try await holdsManyStreams(1000)
    }

    @Test func `S0-27, S0-34, S0-32 a Martlet route relays a stream, answers in plain text, and says 503 when it must`()
        async throws
    {
        try await withServer(ScriptedBackend([.text("Hel"), .text("lo")])) { (upstream) async throws in
            let llm = LLM("http://127.0.0.1:\(upstream.port)")
            llm.setModel("scripted")
            try await withServer(ScriptedBackend()) { (server) async throws in
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
}
