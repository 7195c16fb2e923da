import Logging
import MartletClient
import MartletHTTP
import MartletJSON
import MartletTestSupport
import MartletTesting
import MartletUV
import Testing

/// Keys, passwords and other things that must not get out; types that cannot be told.
struct DiscretionTests {
    @Test func `a key may stand in a field`() async throws {
        let transport = ScriptedTransport { (_) async throws(TransportError) in
            (
                IncomingHead(.ok, fields: ["Content-Type": "application/json"]),
                [Array(#"{"choices":[{"message":{"content":"a"}}]}"#.utf8)]
            )
        }
        var client = Client("https://api.openai.com", model: "m", retry: .none, transport: transport)
        client.fields = ["Authorization": "Bearer k"]
        let error = await failure { try await client.chat("Hi") }
        #expect(error == nil, "\(String(describing: error))")
    }

    @Test func `TLS is not left by a redirect, however its scheme is written`() async throws {
        let transport = ScriptedTransport { (request) async throws(TransportError) in
            request.url.lowercased().hasPrefix("https:")
                ? (IncomingHead(HTTPStatus(307), redirectURL: "http://evil.example/v1/chat/completions"), [])
                : (
                    IncomingHead(.ok, fields: ["Content-Type": "application/json"]),
                    [Array(#"{"choices":[{"message":{"content":"a"}}]}"#.utf8)]
                )
        }
        let client = Client("HTTPS://good.example", apiKey: "k", model: "m", retry: .none, transport: transport)
        let error = await failure { try await client.chat("Hi") }
        #expect(error != nil)
        #expect(transport.requests.count == 1, "\(transport.requests.map(\.url))")
    }

    @Test func `a password in the address is not logged`() async throws {
        try await withFaults([.failure(503)]) { (client, server) async throws in
            let arc = Capture.Arc()
            var first = Client(
                "http://user:s3cret@127.0.0.1:\(server.port)", model: "m", retry: .none, transport: client.transport)
            first.logger = Logger(label: "x") { _ in Capture(lines: arc) }
            _ = await failure { try await FallbackChain([first]).chat(.init(messages: [.user("x")])) }
            let lines = arc.all.withLock { $0 }
            #expect(!lines.contains { $0.contains("s3cret") }, "\(lines)")
        }
    }

    @Test func `a password or a key in a whole URL is not logged`() async throws {
        try await withFaults([.failure(503)], [.json("{}")]) { (client, server) async throws in
            let arc = Capture.Arc()
            var client = client
            client.logger = Logger(label: "x") { _ in Capture(lines: arc) }
            _ = try await client.send(.get, "http://user:s3cret@127.0.0.1:\(server.port)/files?key=s3cret#s3cret")
            let lines = arc.all.withLock { $0 }
            #expect(lines.contains { $0.contains("/files") })
            #expect(!lines.contains { $0.contains("s3cret") }, "\(lines)")
        }
    }
}

private struct Capture: LogHandler {
    let lines: Arc
    final class Arc: Sendable { let all = Locked<[String]>([]) }
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
        let line = "\(event.message) \(event.metadata ?? [:])"
        lines.all.withLock { $0.append(line) }
    }
}
