import Foundation
import MartletJSON
import MartletTestSupport
import Testing

@testable import MartletModels

struct GPT2ModelTests {
    @Test(arguments: ["F32", "F16", "BF16"], ["", "transformer."])
    func `a folder of any tensor type and naming gives the same logits`(type: String, prefix: String) throws {
        let tiny = TinyModel()
        let model = try withFolder(tiny, type: type, prefix: prefix) { try GPT2Model(folder: $0) }
        #expect(model.configuration.endIDs == [36])
        #expect(logits(model.network) == logits(try tiny.network()))
    }

    @Test func `a vocabulary and merges are enough for a tokenizer`() throws {
        let tokenizer = try Fixture.json("variant-tokenizer.json").object
        let model = try #require(tokenizer?["model"]?.object)
        let merges = (model["merges"]?.array ?? []).map { merge in
            merge.string ?? (merge.array ?? []).compactMap(\.string).joined(separator: " ")
        }
        var vocabulary = try #require(model["vocab"]?.object)
        let end = vocabulary.count + 50
        vocabulary["<|endoftext|>"] = .number(JSONNumber(end))
        let old = try Tokenizer(
            vocabulary: ModelFile(name: "v", copying: Array(JSONValue.object(vocabulary).description.utf8)),
            merges: ModelFile(
                name: "m", copying: Array(("#version: 0.2\n" + merges.joined(separator: "\n") + "\n").utf8)))
        #expect(merges.count > 10)
        let text = "The cat sat on 12 mats, and said: é€😀\n\n  so."
        let ids = old.encode(text + "<|endoftext|>", parsingSpecialTokens: true)
        #expect(ids.last == end)
        #expect(ids.count < text.utf8.count)
        #expect(try old.decode(ids, skippingSpecialTokens: true) == text)
        #expect(!old.encode("<|endoftext|>", parsingSpecialTokens: false).contains(end))
    }

    @Test func `a folder in GPT-2's original format loads, and errors name its damaged file`() throws {
        try withFolder(TinyModel()) { folder in
            let place = URL(filePath: folder)
            let tokenizer = try JSONValue(
                parsing: [UInt8](Data(contentsOf: place.appending(path: "tokenizer.json")))
            ).object
            let model = try #require(tokenizer?["model"]?.object)
            try FileManager.default.removeItem(at: place.appending(path: "tokenizer.json"))
            try Data((model["vocab"] ?? [:]).description.utf8).write(to: place.appending(path: "vocab.json"))
            expectFault(naming: "merges.txt", "No such file", in: folder)
            try Data("#version: 0.2\n".utf8).write(to: place.appending(path: "merges.txt"))
            _ = try GPT2Model(folder: folder)
            try Data("#version: 0.2\nno such\n".utf8).write(to: place.appending(path: "merges.txt"))
            expectFault(naming: "merges.txt", "merge 0", in: folder)
        }
    }

    @Test func `a separate head is loaded, and an error names it if it is missing`() throws {
        let tiny = TinyModel(isTied: false)
        let model = try withFolder(tiny, type: "F16", prefix: "transformer.") { try GPT2Model(folder: $0) }
        #expect(logits(model.network) == logits(try tiny.network()))
        try withFolder(tiny) { folder in
            let file = TinyModel().tensorFile()
            try Data(file.bytes).write(to: URL(filePath: folder).appending(path: "model.safetensors"))
            expectFault(naming: "model.safetensors", "no tensor lm_head.weight", in: folder)
        }
    }

    @Test(arguments: ["config.json", "tokenizer.json", "model.safetensors"])
    func `errors name a file that is missing, empty, truncated or not a regular file`(name: String) throws {
        try withFolder(TinyModel()) { folder in
            let file = URL(filePath: folder).appending(path: name)
            let content = try Data(contentsOf: file)
            for damaged in [Data(), content.prefix(content.count / 2), content.dropLast()] {
                try damaged.write(to: file)
                expectFault(naming: name, in: folder)
            }
            try FileManager.default.removeItem(at: file)
            expectFault(naming: name, "No such file", in: folder)
            try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
            expectFault(naming: name, "not a regular file", in: folder)
        }
    }

    @Test func `errors name a missing folder and a missing tensor`() throws {
        expectFault(naming: "config.json", "cannot open", in: "/nonexistent")
        try withFolder(TinyModel()) { folder in
            let file = TinyModel().tensorFile(prefix: "other.")
            try Data(file.bytes).write(to: URL(filePath: folder).appending(path: "model.safetensors"))
            expectFault(naming: "model.safetensors", "no tensor wte.weight", in: folder)
        }
    }

    @Test func `a tokenizer with more tokens than the model is refused`() throws {
        try withFolder(TinyModel()) { folder in
            try Data(contentsOf: URL(filePath: Fixture.path("variant-tokenizer.json")))
                .write(to: URL(filePath: folder).appending(path: "tokenizer.json"))
            expectFault(naming: "tokenizer.json", "vocab_size of 37", in: folder)
        }
    }

    private func logits(_ network: GPT2) -> [Float] {
        let segment = GPT2.Segment([3, 1, 4, 1, 5], start: 0, blocks: [0])
        let workspace = Workspace(threads: 1)
        let hidden = network.forward([segment], KVCache(network.cacheShape, blockCount: 1), workspace)
        return network.logits(hidden, workspace)
    }

    private func expectFault(naming name: String, _ message: String? = nil, in folder: String) {
        let error = #expect(throws: ModelLoadError.self) { try GPT2Model(folder: folder) }
        let description = error?.description ?? ""
        #expect(description.contains(name) && message.map(description.contains) != false, "\(description)")
        #expect(!description.contains("\n"))
    }

    private func withFolder<Result>(
        _ model: TinyModel, type: String = "F32", prefix: String = "", _ body: (String) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "toy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tokenizer = #"{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"vocab": {"a": 0}, "merges": []}}"#
        try Data(model.configurationText.utf8).write(to: folder.appending(path: "config.json"))
        try Data(tokenizer.utf8).write(to: folder.appending(path: "tokenizer.json"))
        try Data(model.tensorFile(type: type, prefix: prefix).bytes)
            .write(to: folder.appending(path: "model.safetensors"))
        return try body(folder.path)
    }
}
