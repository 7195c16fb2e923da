import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// The README's backend and the model of docs/writing-a-backend.md, verbatim, in a package that depends on this one by
/// its path.
struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL
    /// Kept from run to run, so that Martlet is compiled for it once.
    private static let package = root.appending(path: ".build/readme")

    @Test(.timeLimit(.minutes(6)))
    func `the backend compiles as Swift 5 and as Swift 6, the model too, and they serve`() async throws {
        let backend = try Self.swiftBlock(of: "README.md", with: "struct Parrot")
        let model = try Self.swiftBlock(of: "docs/writing-a-backend.md", with: "struct Alphabet")
        #expect(backend.split(separator: "\n").filter { $0.hasPrefix("import ") } == ["import Martlet"])
        try Self.write(Self.manifest, to: "Package.swift")
        for version in [5, 6] { try Self.write(backend, to: "Sources/ParrotInSwift\(version)/main.swift") }
        try Self.write(model, to: "Sources/Alphabet/main.swift")
        let build = try await ChildProcess.run(
            URL(filePath: "/usr/bin/env"), ["swift", "build", "--package-path", Self.package.path]
        ) { try await $0.outcome(within: .seconds(240)) }
        try #require(build.code == 0, "\(build.output)\(build.errors)")

        for version in [5, 6] {
            try #require(
                (try? await RawClient(port: 8080)) == nil,
                "Something listens on port 8080, which the README's backend needs: stop it and test again.")
            try await ask("ParrotInSwift\(version)") { client in
                let request = #""messages":[{"role":"user","content":"Pieces of eight"}]"#
                let whole = try await client.ask(.post, "/v1/chat/completions", body: "{\(request)}").json()
                let choice = whole.object?["choices"]?.array?.first?.object
                #expect(choice?["message"]?.object?["content"] == "Pieces of eight ")
                #expect(choice?["finish_reason"] == "stop")
                let streamed = try await client.ask(
                    .post, "/v1/chat/completions", body: #"{"stream":true,\#(request)}"#)
                #expect(streamed.events.filter { $0.contains(#""delta":{"content":""#) }.count == 3)
                #expect(streamed.events.last == "data: [DONE]")
            }
        }
        try await ask("Alphabet") { client in
            let request = #"{"prompt":"abc","temperature":0,"max_tokens":4}"#
            let reply = try await client.ask(.post, "/v1/completions", body: request).json()
            #expect(reply["choices"]?[0]?["text"] == "defg")
        }
    }

    /// Runs an executable of the package, asks it, and ends it.
    private func ask(_ name: String, _ body: (RawClient) async throws -> Void) async throws {
        try await ChildProcess.run(Self.package.appending(path: ".build/debug/\(name)"), []) { parrot in
            try await eventually("the address; what came is \(parrot.errors.text)") {
                parrot.output.text == "Martlet listens on http://127.0.0.1:8080\n"
            }
            try await body(try await RawClient(port: 8080))
            parrot.signal(SIGTERM)
            let outcome = try await parrot.outcome()
            #expect(outcome.code == 0)
        }
    }

    /// The block of Swift in a document that says `text`.
    private static func swiftBlock(of document: String, with text: String) throws -> String {
        let content = try String(contentsOf: root.appending(path: document), encoding: .utf8)
        let blocks = content.components(separatedBy: "```swift\n").dropFirst()
        let block = try #require(blocks.first { $0.components(separatedBy: "\n```")[0].contains(text) })
        return block.components(separatedBy: "\n```")[0] + "\n"
    }

    /// Leaves a file alone that is already as it should be, and with it what was built of it.
    private static func write(_ text: String, to path: String) throws {
        let file = package.appending(path: path)
        if (try? String(contentsOf: file, encoding: .utf8)) == text { return }
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private static let manifest = """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "readme",
            platforms: [.macOS(.v15)],
            dependencies: [.package(name: "martlet", path: "../..")],
            targets: [5, 6].map { version in
                .executableTarget(
                    name: "ParrotInSwift\\(version)",
                    dependencies: [.product(name: "Martlet", package: "martlet")],
                    swiftSettings: [.swiftLanguageMode(version == 5 ? .v5 : .v6)])
            } + [
                .executableTarget(
                    name: "Alphabet",
                    dependencies: [
                        .product(name: "Martlet", package: "martlet"), .product(name: "MartletEngine", package: "martlet"),
                    ])
            ])

        """
}
