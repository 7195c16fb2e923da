import MartletClient
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// The minimal client.
struct LLMTests {
    // Checklist rows S0-1, S0-2, S0-6, S0-21, S0-src-2.
    @Test func `the base URL may end with a slash, with /v1, or with both`() async throws {
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

    // Checklist rows S0-17, S0-38, S0-src-1.
    @Test func `the body has these bytes, and Content-Length counts bytes`() async throws {
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

    // Checklist rows S0-4, S0-src-9, S0-src-10, S0-src-25.
    @Test func `connections are HTTP/1.1, kept alive, and replaced when stale`() async throws {
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

    // Checklist rows S0-5, S0-16, S0-22, S0-src-6.
    @Test func `the last key that was set is sent`() async throws {
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
    }

    // Checklist rows S0-14, S0-15, S0-src-7.
    @Test func `an empty key changes nothing, streamed or not, and a key can be cleared`() async throws {
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

    // Checklist rows S0-7, S0-8, S0-39.
    @Test func `the model can be set, and the system prompt precedes other system messages`() async throws {
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

    // Checklist row S0-9.
    @Test func `calls share no history`() async throws {
        try await withLLM([.reply("Hi!")]) { (llm, server) async throws in
            _ = await llm.chat("One")
            _ = await llm.chat("Two")
            #expect(server.bodies[1]["messages"]?.array?.count == 1)
        }
    }

    // Checklist rows S0-18, S0-19, S0-20, S0-src-5, S0-src-23, S0-src-24.
    @Test func `text, role and finish reason are those of the server`() async throws {
        let text =
            #"{"choices":[{"message":{"role":"wizard","content":"\"\\\/\n\t\r é \u00e9"},"finish_reason":"length"}]}"#
        try await withLLM([.json(text)]) { (llm, _) async throws in
            let reply = await llm.chat("Hello!")
            // S0-src-23
            #expect(reply.content == "\"\\/\n\t\r é é")
            #expect((reply.role, reply.stopReason, reply.detail) == ("wizard", "length", ""))
        }
    }

    // Checklist rows S0-18, S0-29, S0-30, S0-31, S0-33, S0-src-3, S0-src-4.
    @Test(
        arguments: [
            ([.failure(404)], "http_404"), ([.failure(500)], "http_500"), ([.reset], "connection"),
            ([.json("{}")], "no_message"), ([.json("no json")], "no_message"),
            ([.json(#"{"choices":[{"message":{"role":"assistant"},"finish_reason":"stop"}]}"#)], "no_message"),
            ([.json(#"{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}"#)], "no_message"),
            ([.head(200, ["Content-Length": "9"]), .send("{"), .close], "interrupted"),
        ] as [([FaultStep], String)])
    func `every failure has stop reason error, and a detail`(
        _ steps: [FaultStep], _ detail: String
    ) async throws {
        try await withLLM(steps) { (llm, server) async throws in
            let reply = await llm.chat("Hello!")
            #expect((reply.content, reply.stopReason, reply.detail) == ("", "error", detail))
            // S0-33
            #expect(server.requests.count == 1)
        }
    }

    // Checklist row S0-30.
    @Test func `a refused connection is an error`() async throws {
        let llm = LLM("http://127.0.0.1:\(try FaultServer.refusedPort())")
        llm.setModel("m")
        let reply = await llm.chat("Hello!")
        #expect((reply.content, reply.stopReason, reply.detail) == ("", "error", "connection"))
    }
}
