import Martlet
import MartletHTTP
import MartletTestSupport
import MartletTesting
import Testing

/// A server with two keys, which are the names of their principals: `ada` has limits, and `bob` has none.
struct LimitedKeys {
    /// Runs `body` against a server whose keys are the names of their principals: `ada` with `fields`, and `bob` without
    /// limits.
    nonisolated(nonsending) func withClient(
        _ fields: String, of backend: any Backend, _ configuration: ServerConfiguration = ServerConfiguration(port: 0),
        while body: nonisolated(nonsending) (RawClient, RunningServer) async throws -> Void
    ) async throws {
        let file = try KeysFixture(("ada", "permissions=infer,embed \(fields)"), ("bob", "permissions=infer,embed"))
        try await MartletTests.withClient(of: backend, configuration) {
            $0.authenticator = try StaticKeys(file: file.path)
        } while: { (client, server) async throws in
            try await body(client, server)
            try await expectIdle(server)
        }
        withExtendedLifetime(file) {}
    }

    nonisolated(nonsending) func expectIdle(_ server: RunningServer) async throws {
        try await eventually {
            let counters = server.counters
            return (counters.openStreams, counters.tasks, counters.waiting, counters.running) == (0, 0, 0, 0)
        }
    }

    nonisolated(nonsending) func chat(
        _ client: RawClient, _ key: String = "ada", _ more: String = ""
    ) async throws -> HTTPResponse {
        try await client.ask(.post, "/v1/chat/completions", fields: ["api-key": key], body: RequestText.chat(more))
    }

    nonisolated(nonsending) func sendChat(
        _ client: RawClient, _ key: String = "ada", _ more: String = ""
    ) async throws {
        try await client.send(.post, "/v1/chat/completions", fields: ["api-key": key], body: RequestText.chat(more))
    }

    /// Expects a 429 that says when to try again, in its message and its fields. Returns the message.
    @discardableResult
    func expectRefusal(
        _ response: HTTPResponse, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let message = try MartletTests.expect(
            response, is: 429, "rate_limit_error", code: "rate_limit_exceeded", sourceLocation: sourceLocation)
        #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
        let milliseconds = Int(response[field: "retry-after-ms"] ?? "") ?? 0
        let seconds = Int(response[field: "Retry-After"] ?? "") ?? 0
        #expect(milliseconds > 0 && seconds == (milliseconds + 999) / 1000, sourceLocation: sourceLocation)
        let match = try #require(
            message.firstMatch(of: /Please try again in ([0-9]+(?:\.[0-9]+)?)(ms|s)\.$/), sourceLocation: sourceLocation
        )
        let value = try #require(Double(match.1), sourceLocation: sourceLocation)
        #expect(
            (match.2 == "s" ? value * 1000 : value).rounded() == Double(milliseconds), sourceLocation: sourceLocation)
        return message
    }

    func rates(_ response: HTTPResponse) -> [String: String] {
        var rates: [String: String] = [:]
        for (name, value) in response.head.fields where name.hasPrefix("x-ratelimit-") { rates[name] = value }
        return rates
    }
}
