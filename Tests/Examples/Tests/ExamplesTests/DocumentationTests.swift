import Foundation
import Martlet
import MartletTesting
import Testing

/// The README's backend and the model of docs/writing-a-backend.md: their copies here equal the documents, and serve.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DocumentationTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL
    private static let root = package.appending(path: "../..").standardizedFileURL

    @Test(arguments: [
        ("README.md", "struct Parrot", "ParrotInSwift5"), ("README.md", "struct Parrot", "ParrotInSwift6"),
        ("docs/writing-a-backend.md", "struct Alphabet", "Alphabet"),
    ])
    func `an example equals its document`(document: String, text: String, target: String) throws {
        let content = try String(contentsOf: Self.root.appending(path: document), encoding: .utf8)
        let blocks = content.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        let block = try #require(blocks.first { $0.contains(text) })
        if document == "README.md" {
            #expect(block.split(separator: "\n").filter { $0.hasPrefix("import ") } == ["import Martlet"])
        }
        let source = Self.package.appending(path: "Sources/\(target)/main.swift")
        #expect(Self.words(of: try String(contentsOf: source, encoding: .utf8)) == Self.words(of: block))
    }

    @Test(arguments: ["ParrotInSwift5", "ParrotInSwift6"]) func `the README's backend serves`(target: String)
        async throws
    {
        try await serve(target) { client in
            let request = #""messages":[{"role":"user","content":"Pieces of eight"}]"#
            let reply = try await client.ask(.post, "/v1/chat/completions", body: "{\(request)}").json()
            let choice = reply.object?["choices"]?.array?.first?.object
            #expect(choice?["message"]?.object?["content"] == "Pieces of eight ")
            #expect(choice?["finish_reason"] == "stop")
            let streamed = try await client.ask(.post, "/v1/chat/completions", body: #"{"stream":true,\#(request)}"#)
            #expect(streamed.events.filter { $0.contains(#""delta":{"content":""#) }.count == 3)
            #expect(streamed.events.last == "data: [DONE]")
        }
    }

    @Test func `the documented model serves`() async throws {
        try await serve("Alphabet") { client in
            let request = #"{"prompt":"abc","temperature":0,"max_tokens":4}"#
            let reply = try await client.ask(.post, "/v1/completions", body: request).json()
            #expect(reply.object?["choices"]?.array?.first?.object?["text"] == "defg")
        }
    }

    /// Runs an executable of this package until `body` is done, then ends it with SIGTERM.
    private func serve(_ target: String, _ body: (RawClient) async throws -> Void) async throws {
        try #require((try? await RawClient(port: 8080)) == nil, "Port 8080, which the examples use, is in use.")
        let process = Process()
        process.executableURL = Self.executables.appending(path: target)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        let client = try await connect()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        #expect(line == "Martlet listens on http://127.0.0.1:8080\n")
        try await body(client)
        await client.close()
        process.terminate()
        for _ in 0..<2_000 where process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        #expect(!process.isRunning && process.terminationStatus == 0)
    }

    private func connect() async throws -> RawClient {
        for _ in 0..<2_000 {
            if let client = try? await RawClient(port: 8080) { return client }
            try await Task.sleep(for: .milliseconds(5))
        }
        return try await RawClient(port: 8080)
    }

    /// The folder of the built executables, which is that of the test bundle.
    private static var executables: URL {
        let bundle = Bundle(for: Marker.self).bundleURL
        return bundle.pathExtension == "xctest" ? bundle.deletingLastPathComponent() : bundle
    }

    private final class Marker {}

    /// The text in single spaces: the formatter and a document may align comments differently.
    private static func words(of text: String) -> [Substring] { text.split(whereSeparator: \.isWhitespace) }
}
