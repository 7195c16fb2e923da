import Foundation
import Martlet
import MartletJSON
import MartletTestSupport
import MartletToy

/// The embedded model with the card's special tokens, which its own vocabulary lacks: they take the places of its last four.
enum CardVocabulary {
    private static let tokens = ["<think>", "</think>", "<tool_call>", "</tool_call>"]

    /// Calls `body` with the model of a folder that has this tokenizer.
    static func withFolder<Result>(
        tokenizer: String = tokenizer, _ body: (ToyModel) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "toy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["config.json", "model.safetensors"] {
            try FileManager.default.copyItem(at: embedded.appending(path: name), to: folder.appending(path: name))
        }
        try tokenizer.write(to: folder.appending(path: "tokenizer.json"), atomically: true, encoding: .utf8)
        return try body(ToyModel(folder: folder.path))
    }

    static let model: ToyModel = {
        do { return try withFolder { $0 } } catch { preconditionFailure("\(error)") }
    }()

    private static let embedded = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Backends/Toy/CToyModel/toy").standardizedFileURL

    static let tokenizer: String = {
        do {
            let file = try Data(contentsOf: embedded.appending(path: "tokenizer.json"))
            var tokenizer = try JSONValue(parsing: Array(file)).object ?? [:]
            var model = tokenizer["model"]?.object ?? [:]
            var vocabulary = JSONObject()
            let count = model["vocab"]?.object?.count ?? 0
            for (name, id) in model["vocab"]?.object ?? [:] where (id.number?.int ?? 0) < count - tokens.count {
                vocabulary[name] = id
            }
            var added = tokenizer["added_tokens"]?.array ?? []
            for (index, token) in tokens.enumerated() {
                let id = JSONValue.number(JSONNumber(count - tokens.count + index))
                vocabulary[token] = id
                added.append([
                    "id": id, "content": .string(token), "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true,
                ])
            }
            model["vocab"] = .object(vocabulary)
            model["merges"] = .array(model["merges"]?.array?.dropLast(tokens.count) ?? [])
            tokenizer["model"] = .object(model)
            tokenizer["added_tokens"] = .array(added)
            return JSONValue.object(tokenizer).description
        } catch {
            preconditionFailure("\(error)")
        }
    }()
}
