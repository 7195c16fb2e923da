import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// The executable that SwiftPM has built beside the tests.
enum MartletExecutable {
    private final class Marker {}

    static let url: URL = {
        // The bundle of the tests is a folder on Apple's systems; elsewhere it is the executable's own folder.
        let bundle = Bundle(for: Marker.self).bundleURL
        let folder = bundle.pathExtension == "xctest" ? bundle.deletingLastPathComponent() : bundle
        return folder.appending(path: "martlet")
    }()

    /// Runs the command to its end.
    static func run(
        _ arguments: String..., environment: [String: String] = [:], folder: URL? = nil, input: String = ""
    ) async throws -> ChildProcess.Outcome {
        try await ChildProcess.run(url, arguments, environment: environment, folder: folder, input: input) {
            try await $0.outcome()
        }
    }

    /// Runs `body` beside `martlet serve`, which listens by then.
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

/// A `martlet serve` that listens.
struct ServingProcess: Sendable {
    let child: ChildProcess
    let port: Int

    func connect() async throws -> RawClient { try await RawClient(port: port, limit: .seconds(60)) }

    /// A client that has had the first event of a request which takes its server a while.
    func longStream(prompts: Int) async throws -> RawClient {
        let client = try await connect()
        try await client.send(.post, "/v1/completions", body: Self.longRequest(prompts: prompts, isStreamed: true))
        _ = try await client.receiveHead()
        _ = try #require(try await client.receiveEvent())
        return client
    }

    /// Asks for as many generations at once as there are permits, and for the others after these.
    static func longRequest(prompts: Int, isStreamed: Bool) -> String {
        let prompts = (0..<prompts).map { JSONValue.string("Once upon a time \($0)") }
        let body: JSONValue = [
            "prompt": .array(prompts), "max_tokens": 64, "temperature": 2, "seed": 1, "stream": .bool(isStreamed),
        ]
        return body.description
    }
}

extension RawClient {
    /// What `/load` tells.
    func counters() throws -> JSONObject { try ask(.get, "/load").json().object ?? JSONObject() }
}
