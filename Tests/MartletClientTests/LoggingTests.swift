import Foundation
import Logging
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

/// What is logged, and what must not be.
struct LoggingTests {
    // Checklist rows S3-3, S3-27, S3-36.
    @Test func `a bad event is logged by its length, and content never`() async throws {
        let log = LogRecorder()
        try await withFaults(
            [.failure(503, "secret-1")],
            [.streamHead, .delta("secret-2"), .event("secret-3"), .finish(), .done, .close]
        ) { (client, _) async throws in
            var client = client
            client.logger = log.logger
            client.apiKey = APIKey("secret-4")
            #expect(try await client.stream("secret-5").reply().content == "secret-2")
        }
        let all = log.lines.joined(separator: "\n")
        #expect(all.contains("8 bytes"))
        #expect(all.contains("retrying request"))
        #expect(!all.contains("secret"))
    }

    @Test func `a password in the base URL is not logged`() async throws {
        try await withFaults([.failure(503)]) { (client, server) async throws in
            let log = LogRecorder()
            var first = Client(
                "http://user:s3cret@127.0.0.1:\(server.port)", model: "m", retry: .none, transport: client.transport)
            first.logger = log.logger
            _ = await failure { try await FallbackChain([first]).chat(.init(messages: [.user("x")])) }
            let lines = log.lines
            #expect(!lines.contains { $0.contains("s3cret") }, "\(lines)")
        }
    }

    @Test func `a password or a key in a complete URL is not logged`() async throws {
        try await withFaults([.failure(503)], [.json("{}")]) { (client, server) async throws in
            let log = LogRecorder()
            var client = client
            client.logger = log.logger
            _ = try await client.send(.get, "http://user:s3cret@127.0.0.1:\(server.port)/files?key=s3cret#s3cret")
            let lines = log.lines
            #expect(lines.contains { $0.contains("/files") })
            #expect(!lines.contains { $0.contains("s3cret") }, "\(lines)")
        }
    }
}

/// Records each line of a log, with its metadata.
private final class LogRecorder: Sendable {
    private let all = Locked<[String]>([])

    var lines: [String] { all.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in
            Handler { line in self.all.withLock { $0.append(line) } }
        }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        let record: @Sendable (String) -> Void

        init(_ record: @escaping @Sendable (String) -> Void) { self.record = record }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { record("\(event.message) \(event.metadata ?? [:])") }
    }
}
