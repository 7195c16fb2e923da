import Foundation
import Martlet
import MartletTestSupport
import MartletTesting
import Testing

/// The README's backend, verbatim, in a package that depends on this one by its path.
struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL
    /// Kept from run to run, so that Martlet is compiled for it once.
    private static let package = root.appending(path: ".build/readme")

    @Test(.timeLimit(.minutes(6)))
    func `the backend compiles as Swift 5 and as Swift 6, and serves`() async throws {
        let backend = try Self.firstSwiftBlock()
        #expect(backend.split(separator: "\n").filter { $0.hasPrefix("import ") } == ["import Martlet"])
        try Self.write(Self.manifest, to: "Package.swift")
        for version in [5, 6] { try Self.write(backend, to: "Sources/ParrotInSwift\(version)/main.swift") }
        let build = try await ChildProcess.run(
            URL(filePath: "/usr/bin/env"), ["swift", "build", "--package-path", Self.package.path]
        ) { try await $0.outcome(within: .seconds(240)) }
        try #require(build.code == 0, "\(build.output)\(build.errors)")

        for version in [5, 6] {
            try #require(
                (try? await RawClient(port: 8080)) == nil,
                "Something listens on port 8080, which the README's backend needs: stop it and test again.")
            try await ask(executable: Self.package.appending(path: ".build/debug/ParrotInSwift\(version)"))
        }
    }

    private func ask(executable: URL) async throws {
        try await ChildProcess.run(executable, []) { parrot in
            try await eventually("the address; what came is \(parrot.errors.text)") {
                parrot.output.text == "Martlet listens on http://127.0.0.1:8080\n"
            }
            let client = try await RawClient(port: 8080)
            let request = #""messages":[{"role":"user","content":"Pieces of eight"}]"#
            let whole = try await client.ask(.post, "/v1/chat/completions", body: "{\(request)}").json()
            let choice = whole.object?["choices"]?.array?.first?.object
            #expect(choice?["message"]?.object?["content"] == "Pieces of eight ")
            #expect(choice?["finish_reason"] == "stop")
            let streamed = try await client.ask(.post, "/v1/chat/completions", body: #"{"stream":true,\#(request)}"#)
            #expect(streamed.events.filter { $0.contains(#""delta":{"content":""#) }.count == 3)
            #expect(streamed.events.last == "data: [DONE]")

            parrot.signal(SIGTERM)
            let outcome = try await parrot.outcome()
            #expect(outcome.code == 0)
        }
    }

    private static func firstSwiftBlock() throws -> String {
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let start = try #require(readme.firstRange(of: "```swift\n")).upperBound
        let end = try #require(readme[start...].firstRange(of: "\n```")).lowerBound
        return readme[start..<end] + "\n"
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
            })

        """
}
