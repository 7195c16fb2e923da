import Foundation

/// A copy of the embedded model as a folder, which is deleted after the test.
enum ModelFolder {
    /// The files of a model.
    static let files = ["config.json", "model.safetensors", "tokenizer.json"]

    /// Runs `body` with the folder, which is called `name`.
    static func with<Result>(_ name: String = "tiny-gpt2", _ body: (URL) async throws -> Result) async throws -> Result
    {
        let parent = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: parent) }
        let folder = parent.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Backends/Toy/CToyModel/toy").standardizedFileURL
        for file in files {
            try FileManager.default.copyItem(at: source.appending(path: file), to: folder.appending(path: file))
        }
        return try await body(folder)
    }
}
