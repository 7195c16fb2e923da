import Foundation
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import Testing

/// How often failed requests are retried, and after which pauses.
struct RetryTests {
    private static let ok = [FaultStep.reply("ok")]
    private static let isStreamed = [false, true]

    private func ask(_ client: Client, isStreamed: Bool) async throws -> String {
        if isStreamed { return try await client.stream("Hi").reply().content }
        return try await client.chat("Hi").content
    }

    @Test(arguments: [429, 503], isStreamed)
    func `a transient status is retried twice`(status: Int, isStreamed: Bool) async throws {
        try await withFaults([.failure(status)], [.failure(status)], Self.ok) { (client, server) async throws in
            #expect(try await ask(client, isStreamed: isStreamed) == "ok")
            #expect(server.requests.count == 3)
        }
        try await withFaults([.failure(status)]) { (client, server) async throws in
            let error = await failure { try await ask(client, isStreamed: isStreamed) }
            #expect(error?.status == status)
            #expect(error?.attempts == 3)
            #expect(server.requests.count == 3)
        }
    }

    @Test(arguments: [400, 501], isStreamed)
    func `a permanent status is not retried`(status: Int, isStreamed: Bool) async throws {
        try await withFaults([.failure(status)], Self.ok) { (client, server) async throws in
            #expect(await failure { try await ask(client, isStreamed: isStreamed) }?.status == status)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `x-should-retry overrides the policy`() async throws {
        try await withFaults([.failure(400, fields: ["x-should-retry": "true"])], Self.ok) {
            (client, server) async throws in
            #expect(try await client.chat("Hi").content == "ok")
            #expect(try await client.chat("Hi").response.attempts == 1)
        }
        try await withFaults([.failure(503, fields: ["x-should-retry": "false"])], Self.ok) {
            (client, server) async throws in
            #expect(await failure { try await client.chat("Hi") }?.status == 503)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: isStreamed)
    func `a connection that breaks before a reply is retried`(isStreamed: Bool) async throws {
        try await withFaults([.reset], [.send("HTTP/1.1 200 OK\r\n"), .reset], Self.ok) {
            (client, server) async throws in
            #expect(try await ask(client, isStreamed: isStreamed) == "ok")
            #expect(server.requests.count == 3)
        }
        let client = Client("http://127.0.0.1:\(try FaultServer.refusedPort())", model: "m", retry: .quick)
        let error = await failure { try await ask(client, isStreamed: isStreamed) }
        #expect(error?.reason == .connection)
        #expect(error?.attempts == 3)
    }

    @Test func `a stream is retried until its first event, and never after it`() async throws {
        let good: [FaultStep] = [.streamHead, .delta("ok"), .finish(), .done, .close]
        try await withFaults(
            [.streamHead, .send(": queued\n\n"), .reset],
            [.streamHead, .event(#"{"error":{"message":"x","code":503}}"#)],
            good
        ) { (client, server) async throws in
            #expect(try await client.stream("Hi").reply().content == "ok")
            #expect(server.requests.count == 3)
        }
        try await withFaults([.streamHead, .delta("o"), .reset], good) { (client, server) async throws in
            let stream = try await client.stream("Hi")
            #expect(await failure { try await stream.reply() }?.reason == .interrupted)
            #expect(stream.replySoFar.content == "o")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a stream that begins with an error is retried by the error's kind`() async throws {
        let good: [FaultStep] = [.streamHead, .delta("ok"), .finish(), .done, .close]
        for (error, requests) in [
            (#"{"error":{"message":"m","type":"server_error"}}"#, 2),
            (#"{"object":"error","message":"m","code":503}"#, 2),
            (#"{"error":{"message":"m","type":"invalid_request_error"}}"#, 1), (#"{"detail":"m"}"#, 2),
        ] {
            try await withFaults([.streamHead, .event(error), .close], good) { (client, server) async throws in
                _ = await failure { try await client.stream("Hi").reply() }
                #expect(server.requests.count == requests, "\(error)")
            }
        }
    }

    @Test func `all attempts send the same bytes and key, and the next call another key`() async throws {
        try await withFaults([.failure(503)], [.failure(503)], Self.ok) { (client, server) async throws in
            _ = try await client.chat("Hi")
            _ = try await client.chat("Hi")
            let requests = server.requests
            #expect(Set(requests.map(\.body)).count == 1)
            let keys = requests.map { $0.head.fields["Idempotency-Key"] ?? "" }
            #expect(keys[0] == keys[1] && keys[1] == keys[2] && keys[2] != keys[3] && !keys[0].isEmpty)
        }
    }

    @Test(
        arguments: [
            (["retry-after-ms": "1500"], .milliseconds(1500)), (["Retry-After": "3"], .seconds(3)),
            (["Retry-After": "0.25"], .milliseconds(250)),
            (["retry-after-ms": "7", "Retry-After": "9"], .milliseconds(7)),
            (["Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"], .zero), (["Retry-After": "121"], .seconds(121)),
            (["Retry-After": "soon"], nil), (["Retry-After": "-1"], nil), (["Retry-After": "1e999"], nil), ([:], nil),
        ] as [(HTTPFields, Duration?)])
    func `Retry-After is read in every format`(_ fields: HTTPFields, _ pause: Duration?) async throws {
        try await withFaults([.failure(429, fields: fields)], retry: .none) { (client, _) async throws in
            let error = await failure { try await client.chat("Hi") }
            #expect(error?.retryAfter == pause)
            #expect(error?.reason == .rateLimit)
        }
    }

    @Test func `a future date is a pause until then`() async throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = formatter.string(from: Date(timeIntervalSinceNow: 3600))
        try await withFaults([.failure(429, fields: ["Retry-After": date])]) { (client, server) async throws in
            let error = await failure { try await client.chat("Hi") }
            let pause = try #require(error?.retryAfter)
            #expect(pause > .seconds(3000) && pause <= .seconds(3600))
            // Longer than the maximum: the error is thrown at once.
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a requested pause is made`() async throws {
        try await withFaults([.failure(429, fields: ["retry-after-ms": "300"])], Self.ok) { (client, _) async throws in
            let start = ContinuousClock.now
            _ = try await client.chat("Hi")
            #expect(ContinuousClock.now - start >= .milliseconds(300))
        }
    }

    @Test func `the policy none never retries`() async throws {
        try await withFaults([.failure(503)], Self.ok, retry: .none) { (client, server) async throws in
            #expect(await failure { try await client.chat("Hi") }?.attempts == 1)
            #expect(server.requests.count == 1)
        }
    }

    // Checklist rows S4-src-12, S4-src-17.
    @Test func `the default policy has these limits`() {
        let policy = RetryPolicy()
        #expect(
            (policy.maximumRetries, policy.initialDelay, policy.maximumDelay) == (2, .milliseconds(500), .seconds(8)))
        #expect(policy.longestRetryAfter == .seconds(120))
    }

    @Test func `a response that breaks before its first byte is retried`() async throws {
        try await withFaults([.head(200, ["Content-Length": "50"]), .reset], [.reply("a")]) {
            (client, server) async throws in
            #expect(try await client.chat("Hi").content == "a")
        }
    }

    @Test func `an error with status 200 is retried by its code`() async throws {
        let bad = FaultStep.json(#"{"error":{"message":"busy","code":503}}"#)
        try await withFaults([bad], [.reply("a")]) { (client, server) async throws in
            #expect(try await client.stream("Hi").reply().content == "a")
        }
        try await withFaults([bad], [.reply("a")]) { (client, server) async throws in
            #expect(try await client.chat("Hi").content == "a")
        }
    }
}
