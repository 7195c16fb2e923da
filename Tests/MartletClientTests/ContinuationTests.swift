import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Replies that are cut off at the token limit.
struct ContinuationTests {
    // Checklist row S4-src-23.
    @Test func `a reply that is cut off is continued and joined`() async throws {
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
            // A server that does not continue an assistant message gets a user message that asks for it.
            #expect(server.bodies[1]["messages"]?.array?.last?["role"] == "user")
        }
    }

    @Test func `a continuation keeps the images`() async throws {
        try await withFaults([.reply("a", finish: "length")], [.reply("b")]) { (client, server) async throws in
            _ = try await client.chatContinuing(
                .init(messages: [.user("What is on it?")], images: [.url("http://x/y.png")]))
            let texts = server.bodies.map { "\($0["messages"]!)" }
            #expect(texts.count == 2 && texts.allSatisfy { $0.contains("y.png") }, "\(texts)")
        }
    }
}
