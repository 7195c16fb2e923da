import ArgumentParser
import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

@testable import MartletCLI

/// Limits and queues of `martlet serve`.
@Suite(.serialized) struct ServeLimitTests {
    @Test func `the options of the queue are those of the configuration`() throws {
        var configuration = ServerConfiguration()
        try QueueOptions.parse([]).apply(to: &configuration)
        #expect((configuration.maximumWaiting, configuration.queueTimeout) == (256, nil))
        try QueueOptions.parse(["--max-queue", "3", "--queue-timeout", "7"]).apply(to: &configuration)
        #expect((configuration.maximumWaiting, configuration.queueTimeout) == (3, .seconds(7)))
    }

    @Test func `a key with limits is refused beyond them, and its fields say so`() async throws {
        let outcome = try await MartletExecutable.run(
            "keys", "new", "ada", "--requests-per-minute", "3", "--concurrent-requests", "1")
        let key = outcome.errors.trimmingCharacters(in: .newlines)
        let file = URL.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(outcome.output.utf8).write(to: file)
        try await MartletExecutable.serve(["--port", "0", "--api-keys-file", file.path]) { server in
            let (first, client) = (try await server.connect(), try await server.connect())
            let body = #"{"prompt":"Hi","max_tokens":1}"#
            let head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\napi-key: \(key)\r\nContent-Length: "
            // A request counts from its head on.
            try await first.send("\(head)\(body.utf8.count)\r\nContent-Type: application/json\r\n\r\n{")
            try await eventually("a refusal") {
                let refused = try await client.ask(
                    .post, "/v1/completions", fields: ["x-api-key": key], body: body)
                return refused.code == 429 && refused.text.contains("your limit is 1 requests at the same time")
            }
            try await first.send(String(body.dropFirst()))
            let response = try await first.receiveResponse()
            #expect(response.code == 200)
            #expect(response[field: "x-ratelimit-limit-requests"] == "3")
        }
    }
}
