import Foundation
import MartletToy

/// A folder with the embedded model's files.
enum ToyFolder {
    /// Calls `body` with the model of a folder whose tokenizer spells `token` otherwise.
    static func renaming<Result>(_ token: String, _ body: (ToyModel) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "toy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(at: embedded.appending(path: name), to: folder.appending(path: name))
        }
        let tokenizer = try String(contentsOf: embedded.appending(path: "tokenizer.json"), encoding: .utf8)
        try tokenizer.replacing("\"\(token)\"", with: "\"<another>\"")
            .write(to: folder.appending(path: "tokenizer.json"), atomically: true, encoding: .utf8)
        return try body(ToyModel(folder: folder.path))
    }

    private static let embedded = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Backends/Toy/CToyModel/toy").standardizedFileURL
}
