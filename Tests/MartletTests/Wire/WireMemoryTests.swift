import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Synchronization
import Testing

/// The limit on the memory of all requests and replies together.
@Suite(.serialized)
struct WireMemoryTests {
    private static func configuration(megabytes: Int) -> ServerConfiguration { .with(\.memoryBudget, megabytes << 20) }

    private static func head(_ path: String, _ count: Int) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(count)\r\n\r\n"
    }

    /// A chat request of the given size in bytes, most of them in one string.
    private static func chat(_ count: Int) -> String {
        let frame = RequestText.chat(#""user":"""#)
        return RequestText.chat(#""user":"\#(String(repeating: "x", count: count - frame.utf8.count))""#)
    }

    @Test func `bodies beyond the memory budget are a 503 until others are freed`() async throws {
        try await withClient(of: ScriptedBackend([.text("a")]), Self.configuration(megabytes: 8)) { client, server in
            var others: [RawClient] = []
            for _ in 0..<3 {
                let other = try await RawClient(server)
                // All of the body but its last byte.
                try await other.send(Self.head("/v1/chat/completions", 2_500_000))
                try await other.send(Array(repeating: UInt8(ascii: " "), count: 2_499_999))
                others.append(other)
            }
            try await eventually { server.counters.heldBytes >= 7_500_000 }
            for (path, isOllama) in [("/v1/chat/completions", false), ("/api/chat", true)] {
                let refused = try await RawClient(server)
                try await refused.send(Self.head(path, 2_500_000))
                let response = try await refused.receiveResponse()
                #expect(response.code == 503)
                #expect(response[field: "Retry-After"] != nil)
                let error = try response.json()["error"]
                #expect((error?.string != nil) == isOllama)
                if !isOllama { #expect(error?["code"] == "service_unavailable") }
                await refused.close()
            }
            #expect(try await client.chat().code == 200, "small requests go on")
            for other in others { await other.close() }
            try await eventually { server.counters.heldBytes == 0 }
            #expect(try await client.ask(.post, "/v1/chat/completions", body: Self.chat(2_500_000)).code == 200)
            try await eventually { server.counters.heldBytes == 0 }
        }
    }

    @Test(arguments: ["Content-Length: 9000000", "Transfer-Encoding: chunked"])
    func `a body that is larger than the whole budget is a 413`(framing: String) async throws {
        try await withClient(of: ScriptedBackend([.text("a")]), Self.configuration(megabytes: 8)) { client, server in
            try await client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\(framing)\r\n\r\n")
            if framing.hasPrefix("Transfer") { try await client.send("895440\r\n") }
            try expect(try await client.receiveResponse(), is: 413)
            try await eventually { server.counters.heldBytes == 0 }
        }
    }

    @Test func `a body over the body limit is a 413 even if the budget is used up`() async throws {
        var configuration = Self.configuration(megabytes: 1)
        configuration.limits.maximumBodyBytes = 1_000_000
        try await withClient(of: ScriptedBackend([.text("a")]), configuration) { client, server in
            let other = try await RawClient(server)
            try await other.send(Self.head("/v1/chat/completions", 1_000_000))
            try await other.send(Array(repeating: UInt8(ascii: " "), count: 999_999))
            try await eventually { server.counters.heldBytes > 900_000 }
            try await client.send(Self.head("/v1/chat/completions", 1_000_001))
            try expect(try await client.receiveResponse(), is: 413)
            await other.close()
        }
    }

    @Test func `a body whose JSON exceeds the budget is refused before it is parsed`() async throws {
        let ids = "[" + String(repeating: "1,", count: 300_000) + "1]"
        try await withClient(of: LetterBackend(), Self.configuration(megabytes: 8)) { client, server in
            for (path, member) in [
                ("/detokenize", "tokens"), ("/v1/completions", "prompt"), ("/v1/embeddings", "input"),
            ] {
                let response = try await client.ask(.post, path, body: #"{"\#(member)":\#(ids)}"#)
                try expect(response, is: 413)
            }
            try await eventually { server.counters.heldBytes == 0 }
        }
    }

    @Test func `text that is tokenized also counts for its tokens`() async throws {
        let text = String(repeating: "a", count: 1_000_000)
        for (megabytes, code) in [(8, 413), (16, 400)] {
            try await withClient(of: LetterBackend(contextLimit: 100), Self.configuration(megabytes: megabytes)) {
                client, server in
                let response = try await client.ask(.post, "/v1/completions", body: #"{"prompt":"\#(text)"}"#)
                #expect(response.code == code)
                try await eventually { server.counters.heldBytes == 0 }
            }
        }
        // Without a tokenizer only the text counts.
        try await withClient(of: ScriptedBackend([.text("a")]), Self.configuration(megabytes: 8)) {
            (client, _) async throws in
            #expect(try await client.ask(.post, "/v1/chat/completions", body: Self.chat(1_000_000)).code == 200)
        }
    }

    @Test(arguments: [1, 4], ["", #","logprobs":true,"top_logprobs":20"#])
    func `a reply that is not streamed and outgrows the whole budget ends with a 413, and its generation ends`(
        n: Int, more: String
    ) async throws {
        let alternatives = (0..<20).map { Token.Alternative(id: $0, bytes: [65], logprob: -1) }
        var endless = ScriptedBackend([
            ScriptedStep { sink in
                while true {
                    for choice in 0..<n {
                        let token = Token(
                            id: 7, bytes: Array(repeating: 65, count: 64), logprob: -1, topLogprobs: alternatives)
                        try await sink.emit(.token(token, choice: choice))
                    }
                }
            }
        ])
        endless.capabilities = [.choices, .logprobs]
        try await withClient(of: endless, Self.configuration(megabytes: 4)) { client, server in
            let response = try await client.chat(#""n":\#(n)\#(more)"#)
            // A 503 would make clients retry in vain.
            try expect(response, is: 413)
            #expect(response[field: "Retry-After"] == nil)
            try await eventually { server.counters.tasks == 0 && server.counters.heldBytes == 0 }
            #expect(endless.failed == 1)
            #expect(try await client.ask(.get, "/health").code == 200)
        }
    }

    @Test func `a reply that is not streamed and outgrows the rest of the budget is a 503`() async throws {
        let backend = ScriptedBackend([.text(String(repeating: "x", count: 3_000_000))])
        try await withClient(of: backend, Self.configuration(megabytes: 8)) { client, server in
            let other = try await RawClient(server)
            try await other.send(Self.head("/v1/chat/completions", 6_000_000))
            try await other.send(Array(repeating: UInt8(ascii: " "), count: 5_999_999))
            try await eventually { server.counters.heldBytes > 5_900_000 }
            let response = try await client.chat()
            try expect(response, is: 503, "server_error", code: "service_unavailable")
            #expect(response[field: "Retry-After"] != nil)
            await other.close()
            try await eventually { server.counters.heldBytes == 0 }
        }
    }

    @Test func `a backend that continues beyond the budget does not send a partial reply`() async throws {
        let backend = ScriptedBackend([
            ScriptedStep { sink in
                for _ in 0..<100 { try? await sink.emit(String(repeating: "x", count: 100_000)) }
            }
        ])
        try await withClient(of: backend, Self.configuration(megabytes: 4)) { client, _ in
            try expect(try await client.chat(), is: 413)
        }
    }

    @Test func `an engine is stopped when a reply that is not streamed outgrows the budget`() async throws {
        let engine = StepEngine()
        try await withClient(of: engine.backend, Self.configuration(megabytes: 1)) { client, _ in
            try await client.sendChat()
            try await eventually { !engine.mailboxes.isEmpty }
            let mailbox = try #require(engine.mailboxes.first)
            for _ in 0..<100 where !mailbox.isCancelled {
                var step = MailboxStep()
                step.offer(.text(String(repeating: "x", count: 100_000)), to: mailbox)
                step.send()
            }
            #expect(mailbox.isCancelled)
            try expect(try await client.receiveResponse(), is: 413)
        }
    }

    @Test func `a reply that its client does not read counts until it is sent`() async throws {
        let backend = ScriptedBackend([.text(String(repeating: "x", count: 8 << 20))])
        try await withClient(of: backend) { _, server in
            let client = try await RawClient(server, receiveBufferBytes: 16 * 1024)
            try await client.sendChat()
            try await eventually { server.counters.tasks == 0 && server.counters.generatedTokens == 1 }
            try await eventually { server.counters.heldBytes > 1 << 20 }
            #expect(try await client.receiveResponse().body.count > 8 << 20)
            try await eventually { server.counters.heldBytes == 0 }
            await client.close()
        }
    }

    // MARK: Retained bodies

    @Test(arguments: [RetainedBody(), .json, .bytes, [.json, .bytes]])
    func `a backend gets the forms of the body that it retains`(retained: RetainedBody) async throws {
        let gate = Gate()
        var backend = ChatProbe { _, _ in try await gate.pass() }
        backend.retainedBody = []
        try await withClient(of: backend) { client, server in
            try await client.send(.post, "/v1/chat/completions", body: Self.chat(4_000_000))
            try await eventually { server.counters.running == 1 }
            #expect(server.counters.heldBytes < 3_000_000)
            gate.open()
            #expect(try await client.receiveResponse().code == 200)
        }
    }
}
