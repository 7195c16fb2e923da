internal import MartletJSON

/// A byte-level byte-pair encoding that gives the ids which Hugging Face's `tokenizers` gives for a `tokenizer.json`.
public struct Tokenizer: Sendable {
    /// The bytes of each id; `nil` for ids that the vocabulary skips.
    let bytes: [[UInt8]?]
    package let specialIDs: Set<Int>
    let merges: MergeTable
    /// The token of each single byte; -1 for bytes without a token, which are dropped.
    let byteTokens: [Int32]
    /// Matched one set after the other, each in the text that the previous one left.
    let addedTokens: [AddedTokens]
    let addedIDs: [[UInt8]: Int]
    let addsPrefixSpace: Bool
    /// Words that are whole tokens, if the vocabulary sets `ignore_merges`.
    let wholeWords: [[UInt8]: Int32]

    /// One more than the largest id.
    public var vocabularySize: Int { bytes.count }

    /// The id of a token that `added_tokens` lists.
    package func id(ofAddedToken content: String) -> Int? {
        addedIDs[Array(content.utf8)]
    }

    /// The ids of a text, without added prefix or suffix tokens. O(n log n) for any text.
    ///
    /// - Parameter parsingSpecialTokens: whether the spellings of special tokens such as `<|endoftext|>` become those
    ///   tokens, which is Hugging Face's default, or stay ordinary characters.
    public func encode(_ text: String, parsingSpecialTokens: Bool) -> [Int] {
        var text = text
        var ids: [Int] = []
        var encoder = WordEncoder(merges)
        text.withUTF8 { text in
            var pieces = [AddedTokens.Piece.text(0..<text.count)]
            for tokens in addedTokens {
                pieces = pieces.flatMap { piece in
                    guard case .text(let range) = piece else { return [piece] }
                    return tokens.split(text, range, parsingSpecialTokens: parsingSpecialTokens)
                }
            }
            for piece in pieces {
                switch piece {
                case .token(let id): ids.append(id)
                case .text(let range): encode(UnsafeBufferPointer(rebasing: text[range]), &encoder, into: &ids)
                }
            }
        }
        return ids
    }

    /// The bytes of one token, which may be a part of a character.
    ///
    /// - Throws: `UnknownToken` for an id outside of the vocabulary.
    public func decode(_ id: Int) throws(UnknownToken) -> [UInt8] {
        guard bytes.indices.contains(id), let result = bytes[id] else { throw UnknownToken(id: id) }
        return result
    }

    /// The text of the tokens, with U+FFFD for invalid UTF-8.
    ///
    /// - Throws: `UnknownToken` for an id outside of the vocabulary.
    public func decode(_ ids: [Int], skippingSpecialTokens: Bool) throws(UnknownToken) -> String {
        var result: [UInt8] = []
        for id in ids {
            let token = try decode(id)
            if !(skippingSpecialTokens && specialIDs.contains(id)) { result += token }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func encode(_ text: UnsafeBufferPointer<UInt8>, _ encoder: inout WordEncoder, into ids: inout [Int]) {
        if addsPrefixSpace, text.first != UInt8(ascii: " ") {
            let spaced = [UInt8(ascii: " ")] + text
            spaced.withUnsafeBufferPointer { encodeWords($0, &encoder, into: &ids) }
        } else {
            encodeWords(text, &encoder, into: &ids)
        }
    }

    private func encodeWords(
        _ text: UnsafeBufferPointer<UInt8>, _ encoder: inout WordEncoder, into ids: inout [Int]
    ) {
        var scanner = WordScanner(text)
        while let range = scanner.next() {
            if !wholeWords.isEmpty, let id = wholeWords[Array(text[range])] {
                ids.append(Int(id))
            } else {
                encoder.encode(text[range].lazy.map { byteTokens[Int($0)] }.filter { $0 >= 0 }, into: &ids)
            }
        }
    }
}

// MARK: Loading

extension Tokenizer {
    /// Larger ids are a sign of a damaged file.
    private static let maximumID = 1 << 20

    /// Reads the tokenizer of a Hugging Face folder: `tokenizer.json`, or without that `vocab.json` and `merges.txt`.
    ///
    /// - Throws: `ModelLoadError` when a file is missing, damaged, or not for a byte-level BPE.
    public init(folder: String) throws(ModelLoadError) {
        let isOld = !ModelFile.exists(folder + "/tokenizer.json") && ModelFile.exists(folder + "/vocab.json")
        guard isOld else {
            try self.init(ModelFile(path: folder + "/tokenizer.json"))
            return
        }
        try self.init(
            vocabulary: ModelFile(path: folder + "/vocab.json"), merges: ModelFile(path: folder + "/merges.txt"))
    }

    /// Reads a `tokenizer.json` whose model is a byte-level BPE.
    ///
    /// - Throws: `ModelLoadError` for damaged JSON, and for options that would change the ids and are not supported.
    package init(_ file: ModelFile) throws(ModelLoadError) {
        try self.init(file.jsonObject(), file: file.name)
    }

    /// Reads GPT-2's original format: `vocab.json`, from tokens to ids, and `merges.txt`, one merge per line in order of
    /// rank. `<|endoftext|>` is special.
    ///
    /// - Throws: `ModelLoadError` for files that are damaged.
    package init(vocabulary: ModelFile, merges: ModelFile) throws(ModelLoadError) {
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

    private init(_ root: JSONObject, file: String) throws(ModelLoadError) {
        guard let model = root["model"]?.object, let vocabulary = model["vocab"]?.object,
            let merges = model["merges"]?.array
        else {
            throw ModelLoadError("\(file): model, model.vocab or model.merges is missing")
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

    /// The ids of tokens, keyed by their UTF-8 as the file spells them.
    private static func ids(_ vocabulary: JSONObject, file: String) throws(ModelLoadError) -> [[UInt8]: Int] {
        var ids: [[UInt8]: Int] = [:]
        for (token, value) in vocabulary {
            guard let id = value.number?.int, (0..<maximumID).contains(id) else {
                throw ModelLoadError("\(file): the id of token \(token) is not a small integer")
            }
            ids[Array(token.utf8)] = id
        }
        return ids
    }

    private static func refuseVariants(
        _ root: JSONObject, _ model: JSONObject, file: String
    ) throws(ModelLoadError) {
        let modelType = model["type"]?.string ?? "BPE"
        let splitter = root["pre_tokenizer"]?.object
        let processor = root["post_processor"]?.object?["type"]?.string ?? "ByteLevel"
        guard modelType == "BPE", splitter?["type"]?.string == "ByteLevel", splitter?["use_regex"]?.bool != false,
            root["normalizer"]?.isNull ?? true, processor == "ByteLevel"
        else {
            throw ModelLoadError("\(file): only GPT-2's byte-level BPE without normalizer or template is supported")
        }
        for name in ["continuing_subword_prefix", "end_of_word_suffix", "unk_token"]
        where !(model[name]?.string ?? "").isEmpty {
            throw ModelLoadError("\(file): model.\(name) is not supported")
        }
        if model["byte_fallback"]?.bool == true {
            throw ModelLoadError("\(file): model.byte_fallback is not supported")
        }
    }

    /// Merges are written `"a b"` or `["a", "b"]`.
    private static func mergeTable(
        _ merges: [JSONValue], _ ids: [[UInt8]: Int], file: String
    ) throws(ModelLoadError) -> MergeTable {
        var table = MergeTable(capacity: merges.count)
        for (rank, merge) in merges.enumerated() {
            let parts =
                merge.array?.map { Array(($0.string ?? "").utf8) }
                ?? merge.string?.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map(
                    Array.init)
            guard let parts, parts.count == 2, let left = ids[parts[0]], let right = ids[parts[1]],
                let result = ids[parts[0] + parts[1]]
            else {
                throw ModelLoadError("\(file): merge \(rank) is malformed or not made of tokens of the vocabulary")
            }
            table.insert(Int32(left), Int32(right), MergeTable.Merge(rank: UInt32(rank), result: Int32(result)))
        }
        return table
    }

    private static func addedTokens(
        _ entries: [JSONValue], file: String
    ) throws(ModelLoadError) -> [(token: AddedTokens.Token, isNormalized: Bool)] {
        var tokens: [(AddedTokens.Token, Bool)] = []
        for entry in entries {
            guard let members = entry.object, let id = members["id"]?.number?.int, (0..<maximumID).contains(id),
                let content = members["content"]?.string, !content.isEmpty
            else {
                throw ModelLoadError("\(file): an entry of added_tokens has no id or no content")
            }
            guard members["single_word"]?.bool != true else {
                throw ModelLoadError("\(file): single_word is not supported, as \(content) asks for")
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

/// An id that the vocabulary does not have.
public struct UnknownToken: Error, Equatable, CustomStringConvertible {
    /// The id, which may be any number.
    public let id: Int

    public var description: String { "Token \(id) is not in the vocabulary." }
}
