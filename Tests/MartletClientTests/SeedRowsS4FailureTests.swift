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

/// The same for what goes wrong, and what an application does about it.
struct SeedRowsS4FailureTests {
    @Test func `S4-src-2, S4-src-13 an answer that broke off is told as such, with what came of it`() async throws {
        try await withFaults([.streamHead, .delta("par"), .close]) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            #expect(await stream.drained().ending?.name == "interrupted")
            #expect(stream.replySoFar.content == "par")
            #expect(stream.replySoFar.finishReason == nil)
            #expect(server.requests.count == 1)
        }
    }

    @Test(
        arguments: [
            (401, nil, .auth), (403, nil, .auth), (402, nil, .billing), (429, "insufficient_quota", .billing),
            (429, nil, .rateLimit), (503, nil, .overloaded), (529, nil, .overloaded), (500, nil, .serverError),
            (502, nil, .serverError), (504, nil, .timeout), (408, nil, .timeout), (413, nil, .contextOverflow),
            (400, "context_length_exceeded", .contextOverflow), (404, "model_not_found", .modelNotFound),
            (404, nil, .unknown), (400, nil, .formatError), (422, nil, .formatError), (501, nil, .notSupported),
            (418, nil, .unknown),
        ] as [(Int, String?, ClientError.Reason)])
    func `S4-src-9, S4-src-10 an error says what can be done about it`(
        _ status: Int, _ code: String?, _ reason: ClientError.Reason
    ) async throws {
        try await withFaults([.failure(status, code: code)], retry: .none) { (client, _) async throws in
            let error = try #require(await failure { try await client.chat("Hi") })
            #expect(error.reason == reason)
            let temporary: [ClientError.Reason] = [.rateLimit, .overloaded, .serverError, .timeout]
            #expect(error.isRetryable == temporary.contains(reason))
            #expect(error.shouldCompress == (reason == .contextOverflow))
            let permanent: [ClientError.Reason] = [.formatError, .contextOverflow, .unknown]
            #expect(error.shouldFallBack == !permanent.contains(reason))
        }
    }

    @Test func `S4-src-9 a conversation that is too long is found by its words too`() async throws {
        for words in ["This model's maximum context length is 8", "request exceeds the available context size"] {
            try await withFaults([.failure(400, words)], retry: .none) { (client, _) async throws in
                #expect(await failure { try await client.chat("Hi") }?.shouldCompress == true)
            }
        }
    }

    @Test func `S4-src-11 a long message is cut at 500 bytes where it is described`() {
        var error = ClientError(.unknown, String(repeating: "漢", count: 300))
        error.status = 418
        #expect(error.description == "llm: http 418: " + String(repeating: "漢", count: 166) + "...")
        #expect(error.message.count == 300)
    }

    @Test func `S4-src-12, S4-src-17 there is one owner of retries, and its pauses stay within their bounds`()
        async throws
    {
        try await withFaults([.failure(500)]) { (client, server) async throws in
            _ = await failure { try await client.chat("Hi") }
            #expect(server.requests.count == 3)
        }
        let policy = RetryPolicy()
        #expect(
            (policy.maximumRetries, policy.initialDelay, policy.maximumDelay) == (2, .milliseconds(500), .seconds(8)))
        #expect(policy.longestRetryAfter == .seconds(120))
    }

    @Test func `S4-src-15, S4-src-16 a reader that throws cancels its stream, and is not tried again`() async throws {
        struct Enough: Error {}
        try await withFaults([.streamHead, .delta("a"), .delta("b"), .stall]) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            await #expect(throws: Enough.self) {
                for try await event in stream where event.text == "b" { throw Enough() }
            }
            try await eventually { server.openConnections == 0 }
            #expect(stream.ending?.name == "cancelled")
            #expect(stream.replySoFar.content == "ab")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `S4-src-20 a model that refuses to think is asked once without, and remembered`() async throws {
        try await withFaults(
            [.failure(400, "this model does not support thinking")], [.reply("a")], retry: .none
        ) { (client, server) async throws in
            for _ in 0..<2 {
                _ = try await client.chat(.init(messages: [.user("Hi")], temperature: 0.5, thinking: .on))
            }
            _ = try await client.chat(.init(messages: [.user("Hi")], model: "other", thinking: .on))
            let bodies = server.bodies
            #expect(bodies.map { $0["reasoning_effort"] } == ["medium", nil, nil, "medium"])
            #expect(bodies[1]["temperature"] == 0.5)
        }
    }

    @Test func `S4-src-23 an answer that is cut at the limit is gone on with, and stitched`() async throws {
        try await withFaults(
            [.reply("one ", finish: "length")], [.reply("two ", finish: "length")], [.reply("three")]
        ) { (client, server) async throws in
            var client = client
            client.dialect = .vLLM
            let reply = try await client.chatContinuing(.init(messages: [.user("Hi")], maxTokens: 10_000))
            #expect((reply.content, reply.finishReason) == ("one two three", .stop))
            #expect(reply.usage?.totalTokens == 15)
            #expect(server.bodies.map { $0["max_tokens"] } == [10_000, 20_000, 30_000])
            #expect(server.bodies[2]["messages"]?[1] == ["role": "assistant", "content": "one two "])
        }
        try await withFaults([.reply("x", finish: "length")]) { (client, server) async throws in
            let reply = try await client.chatContinuing(.init(messages: [.user("Hi")], maxTokens: 20_000))
            #expect((reply.content, reply.finishReason) == ("xxxx", .length))
            #expect(server.bodies.map { $0["max_tokens"] } == [20_000, 32_768, 32_768, 32_768])
            // A server that answers an assistant's message instead of going on with it is asked to.
            #expect(server.bodies[1]["messages"]?.array?.last?["role"] == "user")
        }
    }

    @Test func `S4-src-25 a chain asks the next where that may help, and the first again the next time`() async throws {
        try await withFaults([.failure(429)], [.reply("first")], retry: .none) { (first, one) async throws in
            try await withFaults([.reply("second")], retry: .none) { (second, two) async throws in
                var second = second
                second.model = "own"
                let chain = FallbackChain([first, first, second])
                #expect(chain.clients.count == 2)
                let request = Client.ChatRequest(messages: [.user("Hi")])
                #expect(try await chain.chat(request).content == "second")
                #expect(try await chain.chat(request).content == "first")
                #expect((one.requests.count, two.requests.count) == (2, 1))
                #expect(two.bodies[0]["model"] == "own")
            }
        }
        try await withFaults([.failure(400)], retry: .none) { (first, _) async throws in
            try await withFaults([.streamHead, .delta("a"), .done, .close]) { (second, two) async throws in
                let request = Client.ChatRequest(messages: [.user("Hi")])
                #expect(await failure { try await FallbackChain([first, second]).stream(request) }?.status == 400)
                #expect(two.requests.isEmpty)
            }
        }
    }

    @Test func `S4-src-29 a provider that wants a key is not asked without one`() async {
        let transport = ScriptedTransport { _ in (IncomingHead(), [Array(FaultStep.replyText("a").utf8)]) }
        for url in ["https://api.openai.com/v1", "https://openrouter.ai/api/v1", "https://api.anthropic.com"] {
            var client = Client(url, model: "m", transport: transport)
            let error = await failure { try await client.chat("Hi") }
            #expect(error?.reason == .auth && error?.isRetryable == false)
            client.apiKey = APIKey("sk-1")
            #expect(await failure { try await client.chat("Hi") } == nil)
        }
        #expect(transport.requests.count == 3)
    }
}
