import MartletClient
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// Retries, `isRetryable` and fallback chains follow one rule.
struct RetryRuleTests {
    private static let ok = [FaultStep.reply("ok")]

    private static func page(_ text: String, type: String = "text/html") -> [FaultStep] {
        [.head(200, ["Content-Type": type, "Content-Length": "\(text.utf8.count)"]), .send(text)]
    }

    @Test(arguments: Array(400...431) + Array(500...530) + [598, 599])
    func `a status is retried exactly if its error is retryable`(_ status: Int) async throws {
        let isWorthwhile = [408, 409, 429].contains(status) || (status >= 500 && status != 501)
        try await withFaults([.failure(status)], Self.ok) { (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect(server.requests.count == (isWorthwhile ? 2 : 1))
            #expect((error == nil) == isWorthwhile)
        }
        try await withFaults([.failure(status)], retry: .none) { (client, server) async throws in
            let error = try #require(await failure { try await client.chat("Hi") })
            #expect(error.isRetryable == isWorthwhile, "\(error.reason)")
            if isWorthwhile { #expect(error.shouldFallBack, "\(error.reason)") }
        }
    }

    @Test(arguments: [false, true])
    func `a response that cannot be decoded is retried, and then falls back`(isStreamed: Bool) async throws {
        let ask = { (client: Client) async throws -> String in
            if isStreamed { return try await client.stream("Hi").reply().content }
            return try await client.chat("Hi").content
        }
        let unreadable: [[FaultStep]] = [
            [.json(#"{"choices":[{"index":0,"mess"#)], [.json("")], [.json(#""a word""#)],
            Self.page("<html>Bad gateway</html>"),
        ]
        for script in unreadable {
            try await withFaults(script, Self.ok) { (client, server) async throws in
                #expect(try await ask(client) == "ok")
                #expect(server.requests.count == 2)
            }
            try await withFaults(script, retry: .none) { (client, server) async throws in
                let error = try #require(await failure { try await ask(client) })
                #expect(error.reason == .badResponse)
                #expect(error.isRetryable && error.shouldFallBack)
                try await withFaults(Self.ok) { (other, _) async throws in
                    let chain = FallbackChain([client, other])
                    #expect(try await chain.chat(.init(messages: [.user("Hi")])).content == "ok")
                }
            }
        }
    }

    @Test func `a reply without choices, and one with missing vectors, are retried`() async throws {
        try await withFaults([.json(#"{"id":"x","choices":[]}"#)], Self.ok) { (client, server) async throws in
            #expect(try await client.chat("Hi").content == "ok")
            #expect(server.requests.count == 2)
        }
        try await withFaults([.json(#"{"choices":[]}"#)], [.json(#"{"choices":[{"index":0,"text":"ok"}]}"#)]) {
            (client, server) async throws in
            #expect(try await client.complete("Hi").text == "ok")
        }
        try await withFaults([.json(#"{"data":[]}"#)], [.json(#"{"data":[{"index":0,"embedding":[1]}]}"#)]) {
            (client, server) async throws in
            #expect(try await client.embed("a").vectors == [[1]])
        }
    }

    @Test(
        arguments: [
            #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":null}}"#,
            #"{"error":{"message":"You exceeded your current quota","type":"requests","code":"insufficient_quota"}}"#,
        ], [false, true])
    func `an exhausted quota is not retried, and falls back`(_ body: String, isStreamed: Bool) async throws {
        try await withFaults([.json(body, status: 429)], Self.ok) { (client, server) async throws in
            let error = try #require(
                await failure {
                    if isStreamed { _ = try await client.stream("Hi") } else { _ = try await client.chat("Hi") }
                })
            #expect(server.requests.count == 1)
            #expect((error.reason, error.isRetryable, error.shouldFallBack) == (.billing, false, true))
        }
        try await withFaults([.streamHead, .event(body), .close], Self.ok) { (client, server) async throws in
            _ = await failure { try await client.stream("Hi") }
            #expect(server.requests.count == 1)
        }
    }

}
