import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// Clients that are tried in order.
struct FallbackChainTests {
    private static let ok = [FaultStep.reply("ok")]

    // Checklist row S4-src-25.
    @Test func `a chain tries the next client where that may help, and begins with the first`() async throws {
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

    @Test func `a chain tries the next client after every transient error`() async throws {
        for status in [408, 409, 429, 500, 520, 529] {
            try await withFaults([.failure(status)], retry: .none) { (first, _) async throws in
                try await withFaults(Self.ok) { (second, server) async throws in
                    let chain = FallbackChain([first, second])
                    #expect(try await chain.chat(.init(messages: [.user("Hi")])).content == "ok", "\(status)")
                }
            }
        }
    }
}
