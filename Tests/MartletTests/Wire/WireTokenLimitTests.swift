import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// The limit of tokens per minute.
@Suite(.serialized)
struct WireTokenLimitTests {
    private let keys = LimitedKeys()

    @Test func `tokens are admitted by an estimate and corrected to what was used`() async throws {
        let backend = ScriptedBackend([.emit(.usage(promptTokens: 10)), .text("a"), .text("b")])
        try await keys.withClient("tokens-per-minute=1000", of: backend) { (client, _) async throws in
            let first = try await keys.chat(client, "ada", #""max_tokens":900"#)
            #expect(keys.rates(first)["x-ratelimit-limit-tokens"] == "1000")
            // 10 of the prompt and 2 of the reply; some have come back meanwhile.
            #expect((988...1000).contains(Int(keys.rates(first)["x-ratelimit-remaining-tokens"] ?? "") ?? 0))
            #expect(keys.rates(first)["x-ratelimit-limit-requests"] == nil)
            #expect(try await keys.chat(client, "ada", #""max_tokens":900"#).code == 200)
        }
    }

    @Test func `a request whose tokens are used up gets 429, and one that is not served costs nothing`() async throws {
        let gate = Gate()
        var backend = ScriptedBackend([.wait(for: gate), .text("a")])
        backend.maxConcurrency = 1
        try await keys.withClient("tokens-per-minute=600", of: backend, .with(\.maximumWaiting, 0)) {
            (client, server) async throws in
            let other = try await RawClient(server)
            try await keys.sendChat(other, "ada", #""max_tokens":300"#)
            try await eventually { server.counters.running == 1 }
            // The queue is full: these cost nothing.
            for _ in 0..<5 {
                try keys.expectRefusal(try await keys.chat(client, "ada", #""max_tokens":200"#), "queue is full")
            }
            let message = try keys.expectRefusal(
                try await keys.chat(client, "ada", #""max_tokens":599"#), "your limit is 600 tokens per minute")
            #expect(message.contains("this request needs an estimated 599."))
            gate.open()
            #expect(try await other.receiveResponse().code == 200)
            await other.close()
            try await keys.expectIdle(server)
            #expect(try await keys.chat(client, "ada", #""max_tokens":590"#).code == 200)
        }
    }

    @Test func `embeddings cost the tokens of their inputs, and a debt has to be paid`() async throws {
        var backend = ScriptedBackend([.text("a")])
        backend.embed = { Embeddings($0.inputs.map { _ in [1] }, promptTokens: 900) }
        try await keys.withClient("tokens-per-minute=600", of: backend) { (client, _) async throws in
            func embed() async throws -> HTTPResponse {
                try await client.ask(
                    .post, "/v1/embeddings", fields: ["api-key": "ada"], body: RequestText.embedding(#""some text""#))
            }
            let first = try await embed()
            #expect(first.code == 200)
            #expect(keys.rates(first)["x-ratelimit-remaining-tokens"] == "0")
            try keys.expectRefusal(try await embed(), "tokens per minute")
        }
    }
}
