import Martlet
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Requests with many prompts share the server with small requests.
@Suite(.serialized)
struct WireBatchTests {
    /// A backend whose prompts and chats end one by one, when the test allows it.
    private struct TurnstileBackend: ChatBackend, CompletionBackend {
        var maxConcurrency: Int
        let prompts = Turnstile()
        let chats = Turnstile()

        func listModels() -> [Model] { ["scripted"] }

        func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
            try await chats.pass()
            try await sink.emit("a")
        }

        func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
            try await prompts.pass()
            try await sink.emit("b")
        }
    }

    private static let count = 40

    private nonisolated(nonsending) func sendBatch(_ client: RawClient, _ more: String = "") async throws {
        let prompts = Array(repeating: "[1]", count: Self.count).joined(separator: ",")
        try await client.send(.post, "/v1/completions", body: #"{"prompt":[\#(prompts)]\#(more)}"#)
    }

    private nonisolated(nonsending) func expectWhole(_ client: RawClient, _ backend: TurnstileBackend) async throws {
        backend.prompts.allow(Self.count)
        let choices = try await client.receiveResponse().json()["choices"]?.array
        #expect(choices?.map { $0["text"] } == Array(repeating: "b", count: Self.count))
        #expect(backend.prompts.passed == Self.count)
    }

    @Test(arguments: [1, 2, 8])
    func `a chat beside a batch waits for one of its prompts, not for all`(permits: Int) async throws {
        let backend = TurnstileBackend(maxConcurrency: permits)
        backend.chats.allow(100)
        try await withClient(of: backend) { batch, server in
            let client = try await RawClient(server)
            try await sendBatch(batch)
            try await eventually { backend.prompts.arrived == permits }
            for _ in 1...3 {
                let passed = backend.prompts.passed
                try await client.sendChat()
                try await eventually { server.counters.waiting == 1 }
                backend.prompts.allow(1)
                #expect(try await client.receiveResponse().code == 200)
                #expect(backend.prompts.passed == passed + 1)
                // With its next prompt it takes the free permits again.
                backend.prompts.allow(1)
                try await eventually {
                    backend.prompts.passed == passed + 2 && backend.prompts.arrived == passed + 2 + permits
                }
            }
            try await expectWhole(batch, backend)
            try await eventually { server.counters.running == 0 && server.counters.waiting == 0 }
            await client.close()
        }
    }

    @Test func `all requests that wait are served before a batch continues, and it takes free permits again`()
        async throws
    {
        let backend = TurnstileBackend(maxConcurrency: 4)
        try await withClient(of: backend) { batch, server in
            try await sendBatch(batch)
            try await eventually { backend.prompts.arrived == 4 }
            var clients: [RawClient] = []
            for number in 1...3 {
                let client = try await RawClient(server)
                try await client.sendChat()
                try await eventually { server.counters.waiting == number }
                clients.append(client)
            }
            backend.prompts.allow(3)
            try await eventually { backend.chats.arrived == 3 }
            #expect(server.counters.running == 4)
            backend.chats.allow(3)
            for client in clients { #expect(try await client.receiveResponse().code == 200) }
            #expect(backend.prompts.passed == 3)
            backend.prompts.allow(2)
            try await eventually { backend.prompts.arrived - backend.prompts.passed == 4 }
            #expect(server.counters.running == 4)
            try await expectWhole(batch, backend)
            for client in clients { await client.close() }
        }
    }

    @Test func `two batches take turns`() async throws {
        let backend = TurnstileBackend(maxConcurrency: 1)
        try await withClient(of: backend) { first, server in
            let second = try await RawClient(server)
            try await sendBatch(first, #","stream":true"#)
            try await eventually { backend.prompts.arrived == 1 }
            try await sendBatch(second, #","stream":true"#)
            try await eventually { server.counters.waiting == 1 }
            backend.prompts.allow(2 * Self.count)
            _ = try await first.receiveHead()
            _ = try await second.receiveHead()
            // When the first has its last token, only the last few of the second are missing.
            while try await first.receiveEvent() != nil {}
            #expect(backend.prompts.passed >= 2 * Self.count - 2)
            while try await second.receiveEvent() != nil {}
            await second.close()
        }
    }

    @Test func `a batch that disconnects while it is queued leaks no permit`() async throws {
        let backend = TurnstileBackend(maxConcurrency: 1)
        try await withClient(of: backend) { client, server in
            let batch = try await RawClient(server)
            try await sendBatch(batch)
            try await eventually { backend.prompts.arrived == 1 }
            try await client.sendChat()
            try await eventually { server.counters.waiting == 1 }
            backend.prompts.allow(1)
            try await eventually { backend.chats.arrived == 1 && server.counters.waiting == 1 }
            await batch.reset()
            try await eventually { server.counters.waiting == 0 && server.counters.tasks == 1 }
            backend.chats.allow(2)
            #expect(try await client.receiveResponse().code == 200)
            #expect(try await client.chat().code == 200)
            try await eventually { server.counters.running == 0 && server.counters.tasks == 0 }
        }
    }

    // MARK: The limit

    private func backend() -> ScriptedBackend {
        var backend = ScriptedBackend([.text("a")])
        backend.capabilities = [.choices, .bestOf]
        return backend
    }

    /// Each of `count` elements is `[1]`.
    private func prompts(_ count: Int) -> String {
        #"[\#(Array(repeating: "[1]", count: count).joined(separator: ","))]"#
    }

    @Test func `too many choices for a request are a 400 that names the parameter`() async throws {
        try await withClient(of: backend(), .with(\.maximumBatchSize, 8)) { client, _ in
            let refused: [(path: String, body: String, param: String)] = [
                ("completions", #"{"prompt":\#(prompts(9))}"#, "prompt"),
                ("completions", #"{"prompt":\#(prompts(3)),"n":3}"#, "n"),
                ("completions", #"{"prompt":\#(prompts(3)),"best_of":3}"#, "best_of"),
                ("completions", #"{"prompt":[1],"n":9}"#, "n"),
                ("chat/completions", RequestText.chat(#""n":9"#), "n"),
                ("embeddings", #"{"input":\#(prompts(9))}"#, "input"),
            ]
            for (path, body, param) in refused {
                let response = try await client.ask(.post, "/v1/\(path)", body: body)
                let message = try expect(response, is: 400, param: param, code: "invalid_value")
                #expect(message.contains("at most 8"))
                #expect(message.contains("Send"))
            }
            let texts = Array(repeating: #""a""#, count: 9).joined(separator: ",")
            let embed = try await client.ask(.post, "/api/embed", body: #"{"model":"scripted","input":[\#(texts)]}"#)
            #expect(embed.code == 400)
            #expect(embed.text.contains("at most 8"))
            for body in [#"{"prompt":\#(prompts(8))}"#, #"{"prompt":\#(prompts(4)),"n":2}"#] {
                #expect(try await client.ask(.post, "/v1/completions", body: body).code == 200)
            }
            #expect(try await client.chat(#""n":8"#).code == 200)
            #expect(try await client.embed(prompts(8)).code == 200)
        }
    }

    @Test func `2048 choices are allowed, and one more is not`() async throws {
        try await withClient(of: backend()) { client, _ in
            let whole = try await client.ask(
                .post, "/v1/completions", body: #"{"prompt":\#(prompts(1024)),"n":2,"max_tokens":1}"#)
            #expect(try whole.json()["choices"]?.array?.count == 2048)
            let message = try expect(
                try await client.ask(.post, "/v1/completions", body: #"{"prompt":\#(prompts(683)),"n":3}"#), is: 400,
                param: "n", code: "invalid_value")
            #expect(message.contains("2049"))
        }
    }
}
