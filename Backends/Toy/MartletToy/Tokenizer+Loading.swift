import MartletJSON

extension Tokenizer {
    /// Larger ids are a sign of a damaged file.
    private static let maximumID = 1 << 20

    /// Reads a `tokenizer.json` whose model is a byte-level BPE.
    ///
    /// - Throws: `ToyModelError` for JSON that is damaged or asks for something that would change the ids and is not
    ///   supported here.
    package init(_ file: ModelFile) throws(ToyModelError) {
        try self.init(file.jsonObject(), file: file.name)
    }

    /// Reads GPT-2's first form: `vocab.json`, from tokens to ids, and `merges.txt`, a merge a line, the first ones
    /// first. `<|endoftext|>` is special.
    ///
    /// - Throws: `ToyModelError` for files that are damaged.
    package init(vocabulary: ModelFile, merges: ModelFile) throws(ToyModelError) {
        let end = "<|endoftext|>"
        let ids = try vocabulary.jsonObject()
        let lines = String(decoding: merges.bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        let rules = lines.filter { !$0.hasPrefix("#version") }.map { JSONValue.string(String($0)) }
        let special: [JSONValue] = ids[end].map { [["id": $0, "content": .string(end), "special": true]] } ?? []
        try self.init(
            [
                "model": ["type": "BPE", "vocab": .object(ids), "merges": .array(rules)],
                "pre_tokenizer": ["type": "ByteLevel"], "added_tokens": .array(special),
            ], file: "\(vocabulary.name) and \(merges.name)")
    }

    private init(_ root: JSONObject, file: String) throws(ToyModelError) {
        guard let model = root["model"]?.object, let vocabulary = model["vocab"]?.object,
            let merges = model["merges"]?.array
        else {
            throw ToyModelError("\(file): model, model.vocab or model.merges is missing")
        }
        try Self.refuseVariants(root, model, file: file)

        let ids = try Self.ids(vocabulary, file: file)
        let added = try Self.addedTokens(root["added_tokens"]?.array ?? [], file: file)
        self.merges = try Self.mergeTable(merges, ids, file: file)
        byteTokens = ByteAlphabet.scalars.map { Int32(ids[Array(String($0).utf8)] ?? -1) }
        addsPrefixSpace = root["pre_tokenizer"]?.object?["add_prefix_space"]?.bool ?? false
        addedTokens = [false, true].map { normalized in
            AddedTokens(added.filter { $0.isNormalized == normalized }.map(\.token))
        }
        specialIDs = Set(added.filter(\.token.isSpecial).map(\.token.id))
        addedIDs = Dictionary(added.map { ($0.token.content, $0.token.id) }) { $1 }

        let contents = Array(ids) + added.map { ($0.token.content, $0.token.id) }
        var bytes = [[UInt8]?](repeating: nil, count: (contents.map(\.1).max() ?? -1) + 1)
        for (content, id) in contents { bytes[id] = ByteAlphabet.bytes(of: content) }
        self.bytes = bytes
        guard model["ignore_merges"]?.bool == true else {
            wholeWords = [:]
            return
        }
        wholeWords = Dictionary(ids.map { (ByteAlphabet.bytes(of: $0.key), Int32($0.value)) }) { $1 }
    }

    /// The ids of tokens by their UTF-8, as the file spells them.
    private static func ids(_ vocabulary: JSONObject, file: String) throws(ToyModelError) -> [[UInt8]: Int] {
        var ids: [[UInt8]: Int] = [:]
        for (token, value) in vocabulary {
            guard let id = value.number?.int, (0..<maximumID).contains(id) else {
                throw ToyModelError("\(file): the id of token \(token) is not a small integer")
            }
            ids[Array(token.utf8)] = id
        }
        return ids
    }

    private static func refuseVariants(
        _ root: JSONObject, _ model: JSONObject, file: String
    ) throws(ToyModelError) {
        let modelType = model["type"]?.string ?? "BPE"
        let splitter = root["pre_tokenizer"]?.object
        let processor = root["post_processor"]?.object?["type"]?.string ?? "ByteLevel"
        guard modelType == "BPE", splitter?["type"]?.string == "ByteLevel", splitter?["use_regex"]?.bool != false,
            root["normalizer"]?.isNull ?? true, processor == "ByteLevel"
        else {
            throw ToyModelError("\(file): only GPT-2's byte-level BPE without normalizer or template is supported")
        }
        for name in ["continuing_subword_prefix", "end_of_word_suffix", "unk_token"]
        where !(model[name]?.string ?? "").isEmpty {
            throw ToyModelError("\(file): model.\(name) is not supported")
        }
        if model["byte_fallback"]?.bool == true {
            throw ToyModelError("\(file): model.byte_fallback is not supported")
        }
    }

    /// Merges are written `"a b"` or `["a", "b"]`.
    private static func mergeTable(
        _ merges: [JSONValue], _ ids: [[UInt8]: Int], file: String
    ) throws(ToyModelError) -> MergeTable {
        var table = MergeTable(capacity: merges.count)
        for (rank, merge) in merges.enumerated() {
            let parts =
                merge.array?.map { Array(($0.string ?? "").utf8) }
                ?? merge.string?.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map(
                    Array.init)
            guard let parts, parts.count == 2, let left = ids[parts[0]], let right = ids[parts[1]],
                let result = ids[parts[0] + parts[1]]
            else {
                throw ToyModelError("\(file): merge \(rank) is malformed or not made of tokens of the vocabulary")
            }
            table.insert(Int32(left), Int32(right), MergeTable.Merge(rank: UInt32(rank), result: Int32(result)))
        }
        return table
    }

    private static func addedTokens(
        _ entries: [JSONValue], file: String
    ) throws(ToyModelError) -> [(token: AddedTokens.Token, isNormalized: Bool)] {
        var tokens: [(AddedTokens.Token, Bool)] = []
        for entry in entries {
            guard let members = entry.object, let id = members["id"]?.number?.int, (0..<maximumID).contains(id),
                let content = members["content"]?.string, !content.isEmpty
            else {
                throw ToyModelError("\(file): an entry of added_tokens has no id or no content")
            }
            guard members["single_word"]?.bool != true else {
                throw ToyModelError("\(file): single_word is not supported, as \(content) asks for")
            }
            let isSpecial = members["special"]?.bool ?? false
            let token = AddedTokens.Token(
                id: id, content: Array(content.utf8), isSpecial: isSpecial,
                absorbsBefore: members["lstrip"]?.bool ?? false, absorbsAfter: members["rstrip"]?.bool ?? false)
            tokens.append((token, members["normalized"]?.bool ?? !isSpecial))
        }
        return tokens
    }
}
