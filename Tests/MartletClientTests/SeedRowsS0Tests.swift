import Martlet
import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// What the chat client could do that this one descends from, row by row, and what it should have done: its simplest
/// form, `LLM`.
struct SeedRowsS0Tests {
    @Test func `S0-1, S0-2, S0-6, S0-21 one client object asks any server, wherever it is said to be`() async throws {
        for suffix in ["", "/", "/v1", "/v1/"] {
            try await withFaultServer([.reply("Hi!")]) { (server) async throws in
                let llm = LLM(server.url + suffix)
                llm.setModel("llama3")
                let reply = await llm.chat("Hello!")
                #expect(reply.content == "Hi!")
                // S0-src-2
                #expect(server.requests.map(\.head.target) == ["/v1/chat/completions"])
            }
        }
    }

    @Test func `S0-17, S0-38, S0-src-1 the body is what it always was, and its length is counted in bytes`()
        async throws
    {
        try await withLLM([.reply("Hi!")]) { (llm, server) async throws in
            _ = await llm.chat([LLM.Message("user", "Hello!")])
            _ = await llm.chat([LLM.Message("developer", "Grüße 漢"), LLM.Message("tool", "x")])
            let requests = server.requests
            let first = #"{"model":"gpt-2","messages":[{"role":"user","content":"Hello!"}]}"#
            #expect(String(decoding: requests[0].body, as: UTF8.self) == first)
            #expect(requests[1].head.fields["Content-Length"] == String(requests[1].body.count))
            #expect(requests[1].json?["messages"]?[0]?["content"] == "Grüße 漢")
            #expect(requests[1].json?["messages"]?[1]?["role"] == "tool")
        }
    }

    @Test func `S0-4, S0-src-9, S0-src-25 connections are HTTP 1.1, kept, and replaced when they went stale`()
        async throws
    {
        let answer = FaultStep.reply("Hi!")
        try await withLLM([answer], [answer, .delay(.milliseconds(30)), .close], [answer]) {
            (llm, server) async throws in
            for _ in 0..<3 {
                #expect(await llm.chat("Hello!").content == "Hi!")
                try await Task.sleep(for: .milliseconds(60))
            }
            #expect(server.requests.map(\.connection) == [0, 0, 1])
            #expect(server.requests.allSatisfy { $0.head.minorVersion == 1 })
            // S0-src-10
            #expect(server.requests[0].head.fields["Host"] == "127.0.0.1:\(server.port)")
        }
    }

    @Test func `S0-5, S0-16, S0-22, S0-src-6 a key is sent as it was set last`() async throws {
        try await withLLM([.reply("Hi!")]) { (llm, server) async throws in
            #expect((llm.model, llm.apiKey, llm.systemPrompt) == ("gpt-2", "", ""))
            for key in ["sk-1", "sk-2"] {
                llm.setAPIKey(key)
                _ = await llm.chat("Hello!")
            }
            #expect(server.requests.map { $0.head.fields["Authorization"] } == ["Bearer sk-1", "Bearer sk-2"])
            llm.setSystemPrompt("Be brief.")
            #expect((llm.model, llm.apiKey, llm.systemPrompt) == ("gpt-2", "sk-2", "Be brief."))
        }
        // The provider that is known to want one is not asked without.
        let openAI = LLM("https://api.openai.com")
        openAI.setModel("gpt-4o")
        #expect(await openAI.chat("Hello!").detail == "auth")
    }

    @Test func `S0-14, S0-15, S0-src-7 an empty key changes nothing, for both kinds of call, and can be cleared`()
        async throws
    {
        let stream: [FaultStep] = [.streamHead, .finish(), .done, .close]
        try await withLLM([.reply("Hi!")], stream, [.reply("Hi!")], stream) { (llm, server) async throws in
            llm.setAPIKey("sk-1")
            llm.setAPIKey("")
            _ = await llm.chat("Hello!")
            _ = await relay(llm)
            llm.clearAPIKey()
            #expect(llm.apiKey == "")
            _ = await llm.chat("Hello!")
            _ = await relay(llm)
            let sent = server.requests.map { $0.head.fields["Authorization"] }
            #expect(sent == ["Bearer sk-1", "Bearer sk-1", nil, nil])
        }
    }

    @Test func `S0-7, S0-8, S0-39 the model can be chosen, and the system prompt comes first, also before another`()
        async throws
    {
        try await withLLM([.reply("Hi!")]) { (llm, server) async throws in
            llm.setSystemPrompt("One.")
            llm.setModel("other")
            _ = await llm.chat([LLM.Message("system", "Two."), LLM.Message("user", "Hello!")])
            llm.setSystemPrompt("")
            _ = await llm.chat("Hello!")
            #expect(server.bodies[0]["model"] == "other")
            let contents = server.bodies.map { $0["messages"]?.array?.compactMap { $0["content"]?.string } }
            #expect(contents == [["One.", "Two.", "Hello!"], ["Hello!"]])
        }
    }

    @Test func `S0-9 nothing is remembered from one call to the next`() async throws {
        try await withLLM([.reply("Hi!")]) { (llm, server) async throws in
            _ = await llm.chat("One")
            _ = await llm.chat("Two")
            #expect(server.bodies[1]["messages"]?.array?.count == 1)
        }
    }

    @Test func `S0-18, S0-19, S0-20, S0-src-5, S0-src-24 text, role and reason are the server's own`() async throws {
        let text =
            #"{"choices":[{"message":{"role":"wizard","content":"\"\\\/\n\t\r é \u00e9"},"finish_reason":"length"}]}"#
        try await withLLM([.json(text)]) { (llm, _) async throws in
            let reply = await llm.chat("Hello!")
            // S0-src-23
            #expect(reply.content == "\"\\/\n\t\r é é")
            #expect((reply.role, reply.stopReason, reply.detail) == ("wizard", "length", ""))
        }
    }

    @Test(
        arguments: [
            ([.failure(404)], "http_404"), ([.failure(500)], "http_500"), ([.reset], "connection"),
            ([.json("{}")], "no_message"), ([.json("no json")], "no_message"),
            ([.json(#"{"choices":[{"message":{"role":"assistant"},"finish_reason":"stop"}]}"#)], "no_message"),
            ([.json(#"{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}"#)], "no_message"),
            ([.head(200, ["Content-Length": "9"]), .send("{"), .close], "interrupted"),
        ] as [([FaultStep], String)])
    func `S0-18, S0-29, S0-30, S0-31, S0-src-3, S0-src-4 every failure is an error, with its cause beside it`(
        _ steps: [FaultStep], _ detail: String
    ) async throws {
        try await withLLM(steps) { (llm, server) async throws in
            let reply = await llm.chat("Hello!")
            #expect((reply.content, reply.stopReason, reply.detail) == ("", "error", detail))
            // S0-33
            #expect(server.requests.count == 1)
        }
    }

    @Test func `S0-30 a server that is not there is an error too`() async throws {
        let llm = LLM("http://127.0.0.1:\(try FaultServer.refusedPort())")
        llm.setModel("m")
        let reply = await llm.chat("Hello!")
        #expect((reply.content, reply.stopReason, reply.detail) == ("", "error", "connection"))
    }

    @Test func `S0-10, S0-11, S0-12, S0-src-22 usage, calls and images are there, and a null is no text`() async throws
    {
        let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}"#
        let text =
            #"{"choices":[{"message":{"role":"assistant","content":null,"tool_calls":[\#(call)]},"#
            + #""finish_reason":null}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#
        try await withFaults([.json(text)]) { (client, server) async throws in
            let image = ImageAttachment.data([1, 2, 3], mediaType: "image/png")
            let reply = try await client.chat(.init(messages: [.user("Look.")], images: [image]))
            #expect((reply.content, reply.finishReason, reply.usage?.totalTokens) == ("", nil, 7))
            #expect(reply.toolCalls == [ToolCall(id: "c1", name: "f", arguments: "{}")])
            let part = server.bodies[0]["messages"]?[0]?["content"]?[1]?["image_url"]?["url"]
            #expect(part == "data:image/png;base64,AQID")
        }
    }

    @Test func `S0-src-26 a reply may be long`() async throws {
        let long = String(repeating: "é", count: 8 << 20)
        try await withFaults([.reply(long)]) { (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect(reply.content.utf8.count == 16 << 20)
        }
    }

    @Test func `S0-src-27 a field's name is found in any case`() async throws {
        try await withFaults([.json(FaultStep.replyText("a"), fields: ["X-REQUEST-ID": "r7"])]) {
            (client, _) async throws in
            let reply = try await client.chat("Hi")
            #expect(reply.response.requestID == "r7")
            #expect(reply.response.fields["x-request-id"] == "r7")
        }
    }

    @Test func `S0-36, S0-37 several servers are asked at once, and each is told as it comes and in order`()
        async throws
    {
        let gate = Gate()
        try await withFaults([.wait(for: gate), .reply("slow")]) { (slow, _) async throws in
            try await withFaults([.failure(404)]) { (broken, _) async throws in
                try await withFaults([.reply("fast")]) { (fast, _) async throws in
                    let order = Mutex<[Int]>([])
                    let all = await Client.compare(.init(messages: [.user("Hi")]), with: [slow, broken, fast]) { one in
                        let count = order.withLock { order in
                            order.append(one.index)
                            return order.count
                        }
                        // The slow one answers only after both others have been told.
                        if count == 2 { gate.open() }
                    }
                    #expect(order.withLock { $0.last } == 0)
                    #expect(all.map(\.index) == [0, 1, 2])
                    #expect(all.map { (try? $0.result.get())?.content } == ["slow", nil, "fast"])
                    #expect(all.allSatisfy { $0.took > .zero })
                }
            }
        }
    }

}
