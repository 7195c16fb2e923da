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

/// The same for streams.
struct SeedRowsS3StreamTests {
    private static let stream: [FaultStep] = [.streamHead, .delta("Hi!"), .finish(), .done, .close]

    @Test func `S3-11 a server that refuses stream_options is asked once without, and then always without`()
        async throws
    {
        for status in [400, 422] {
            try await withFaults(
                [.failure(status, "Unknown field: stream_options")], Self.stream, retry: .none
            ) { (client, server) async throws in
                _ = try await client.stream("Hi").reply()
                _ = try await client.stream("Hi").reply()
                let asked = server.bodies.map { $0["stream_options"] != nil }
                #expect(asked == [true, false, false])
            }
        }
        try await withFaults([.failure(400, "stream_options")], retry: .none) { (client, server) async throws in
            #expect(await failure { try await client.stream("Hi") }?.status == 400)
            #expect(server.requests.count == 2)
        }
        try await withFaults([.failure(400, "something else")], retry: .none) { (client, server) async throws in
            #expect(await failure { try await client.stream("Hi") }?.status == 400)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `S3-12, S3-17, S3-18 what is tried again are the same bytes, and only before an answer`() async throws {
        try await withFaults([.failure(429)], [.failure(503)], Self.stream) { (client, server) async throws in
            #expect(try await client.stream("Hi").reply().content == "Hi!")
            #expect(Set(server.requests.map(\.body)).count == 1)
        }
    }

    @Test func `S3-14 a stream may take longer than any one limit`() async throws {
        let slow = (0..<8).flatMap { _ in [FaultStep.delta("a"), .delay(.milliseconds(100))] }
        try await withFaults(
            [.streamHead] + slow + [.finish(), .done, .close],
            timeouts: Timeouts(firstToken: .milliseconds(500), idle: .milliseconds(500))
        ) { (client, _) async throws in
            #expect(try await client.stream("Hi").reply().content == "aaaaaaaa")
        }
    }

    @Test func `S3-25, S3-26, S3-29, S3-30, S3-31 pieces are told once and in order, and add up`() async throws {
        let steps: [FaultStep] = [
            .streamHead,
            .event(#"{"id":"c1","model":"","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#),
            .send("data:\n\n"), .send("event: x\nid: 1\nretry: 3\n\n"), .delta("a"),
            .event(
                #"{"model":"m-2","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"length"}],"#
                    + #""usage":{"prompt_tokens":1,"completion_tokens":1}}"#),
            .event(#"{"model":"m-3","choices":[],"odd":1,"usage":{"prompt_tokens":3,"completion_tokens":2}}"#), .done,
            .delta("never"), .close,
        ]
        try await withFaults(steps) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            var kinds: [ChatEvent.Kind] = []
            for try await event in stream { kinds.append(event.kind) }
            let usages = [(1, 1), (3, 2)].map {
                ChatEvent.Kind.usage(Usage(promptTokens: $0.0, completionTokens: $0.1))
            }
            #expect(kinds == [.other, .text("a"), .text("b"), .finish(.length), usages[0], usages[1]])
            let reply = stream.replySoFar
            #expect((reply.content, reply.model, reply.finishReason) == ("ab", "m-3", .length))
            #expect((reply.usage?.promptTokens, reply.json["odd"]) == (3, 1))
        }
    }

    @Test func `S3-3, S3-27, S3-36 a logger hears of a bad event by its length, and of nothing that was said`()
        async throws
    {
        let lines = Mutex<[String]>([])
        var logger = Logger(label: "t") { _ in Recorder { line in lines.withLock { $0.append(line) } } }
        logger.logLevel = .trace
        try await withFaults(
            [.failure(503, "secret-1")],
            [.streamHead, .delta("secret-2"), .event("secret-3"), .finish(), .done, .close]
        ) { (client, _) async throws in
            var client = client
            client.logger = logger
            client.apiKey = APIKey("secret-4")
            #expect(try await client.stream("secret-5").reply().content == "secret-2")
        }
        let all = lines.withLock { $0 }.joined(separator: "\n")
        #expect(all.contains("8 bytes"))
        #expect(all.contains("sent again"))
        #expect(!all.contains("secret"))
    }

    @Test func `S3-28 a line's limit can be set, and past it is an error`() async throws {
        let long = FaultStep.delta(String(repeating: "x", count: 2 << 20))
        try await withFaults([.streamHead, .delta("a"), long, .finish(), .done, .close]) { (client, _) async throws in
            let stream = try await client.stream("Hi")
            #expect(await failure { try await stream.reply() }?.description.hasPrefix("llm: stream read") == true)
            var generous = client
            generous.eventLimit = 4 << 20
            #expect(try await generous.stream("Hi").reply().content.utf8.count == 1 + 2 << 20)
        }
    }

    @Test func `S3-32, S3-33 a cut stream and an error in a stream are no success`() async throws {
        for (last, reason) in [
            (FaultStep.close, ClientError.Reason.interrupted),
            (.event(#"{"error":{"message":"x","type":"rate_limit_error"}}"#), .rateLimit),
        ] {
            try await withFaults([.streamHead, .delta("a"), last]) { (client, _) async throws in
                let stream = try await client.stream("Hi")
                #expect(await failure { try await stream.reply() }?.reason == reason)
            }
        }
    }
}

/// Hands each line of a log on, with what is attached to it.
private struct Recorder: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    let note: @Sendable (String) -> Void

    init(_ note: @escaping @Sendable (String) -> Void) { self.note = note }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { note("\(event.message) \(event.metadata ?? [:])") }
}
