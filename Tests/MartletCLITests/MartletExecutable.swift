import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// The executable that SwiftPM has built with the tests.
enum MartletExecutable {
    private final class Marker {}

    static let url: URL = {
        // On Apple platforms the test bundle is a folder; elsewhere it is the executable's folder.
        let bundle = Bundle(for: Marker.self).bundleURL
        let folder = bundle.pathExtension == "xctest" ? bundle.deletingLastPathComponent() : bundle
        return folder.appending(path: "martlet")
    }()

    /// Runs the command until it ends.
    static func run(
        _ arguments: String..., environment: [String: String] = [:], folder: URL? = nil, input: String = ""
    ) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(url, arguments, environment: environment, folder: folder, input: input) {
            try await $0.outcome()
        }
    }

    /// Starts `martlet serve`, and runs `body` once it listens.
    static func serve<Result>(
        _ arguments: [String] = ["--port", "0"], environment: [String: String] = [:], folder: URL? = nil,
        _ body: (ServingProcess) async throws -> Result
    ) async throws -> Result {
        try await ChildProcess.run(url, ["serve"] + arguments, environment: environment, folder: folder) { child in
            try await eventually("the greeting; what came is \(child.output.text)\(child.errors.text)") {
                child.output.text.contains("curl") && child.output.text.hasSuffix("\n")
            }
            let address = try #require(child.output.text.firstMatch(of: /on http:\/\/[\w.]+:(\d+)\s/))
            return try await body(ServingProcess(child: child, port: try #require(Int(address.1))))
        }
    }
}

/// A `martlet serve` that is listening.
struct ServingProcess: Sendable {
    let child: ChildProcess
    let port: Int

    func connect() async throws -> RawClient { try await RawClient(port: port, limit: .seconds(60)) }

    /// A client that has received the first event of a long-running request.
    func longStream(prompts: Int, key: String? = nil) async throws -> RawClient {
        let client = try await connect()
        try await client.send(
            .post, "/v1/completions", fields: key.map { ["Authorization": "Bearer \($0)"] } ?? [:],
            body: Self.longRequest(prompts: prompts, isStreamed: true))
        _ = try await client.receiveHead()
        _ = try #require(try await client.receiveEvent())
        return client
    }

    /// A request for as many generations at once as there are permits, with the rest queued.
    static func longRequest(prompts: Int, isStreamed: Bool) -> String {
        let prompts = (0..<prompts).map { JSONValue.string("Once upon a time \($0)") }
        let body: JSONValue = [
            "prompt": .array(prompts), "max_tokens": 64, "temperature": 2, "seed": 1, "stream": .bool(isStreamed),
        ]
        return body.description
    }
}

extension RawClient {
    /// The counters of `/load`.
    func counters() throws -> JSONObject { try ask(.get, "/load").json().object ?? JSONObject() }
}
