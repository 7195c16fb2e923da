/// A byte-level byte-pair encoding that gives the ids which Hugging Face's `tokenizers` gives for a `tokenizer.json`.
package struct Tokenizer: Sendable {
    /// What each id stands for; `nil` where the vocabulary has a gap.
    let bytes: [[UInt8]?]
    let specialIDs: Set<Int>
    let merges: MergeTable
    /// The token of each single byte; -1 where the vocabulary has none, and the byte is then dropped.
    let byteTokens: [Int32]
    /// Looked for one after the other, each in the text that the one before left.
    let addedTokens: [AddedTokens]
    let addedIDs: [[UInt8]: Int]
    let addsPrefixSpace: Bool
    /// Words that are tokens as they stand, where the vocabulary asks to look before merging.
    let wholeWords: [[UInt8]: Int32]

    /// One more than the largest id.
    package var vocabularySize: Int { bytes.count }

    /// The id of a token that `added_tokens` lists.
    package func id(ofAddedToken content: String) -> Int? {
        addedIDs[Array(content.utf8)]
    }

    /// The ids of a text, without anything put before or after it. O(n log n) for any text.
    ///
    /// - Parameter parsingSpecialTokens: whether `<|endoftext|>` and its like in the text become those tokens, as they
    ///   do in Hugging Face unless told otherwise, or stay the characters that they are.
    package func encode(_ text: String, parsingSpecialTokens: Bool) -> [Int] {
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

    /// The bytes of one token, which need not be whole characters.
    ///
    /// - Throws: `UnknownToken` for an id outside of the vocabulary.
    package func decode(_ id: Int) throws(UnknownToken) -> [UInt8] {
        guard bytes.indices.contains(id), let result = bytes[id] else { throw UnknownToken(id: id) }
        return result
    }

    /// The text of the tokens, with U+FFFD for what is not UTF-8.
    ///
    /// - Throws: `UnknownToken` for an id outside of the vocabulary.
    package func decode(_ ids: [Int], skippingSpecialTokens: Bool) throws(UnknownToken) -> String {
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
