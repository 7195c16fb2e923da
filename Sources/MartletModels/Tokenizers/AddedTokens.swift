/// Tokens that are matched before a text is split into words: the special ones, and the others that a
/// `tokenizer.json` lists under `added_tokens`.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        let id: Int
        let content: [UInt8]
        /// Special tokens are control, not text: message content is never encoded to them.
        let isSpecial: Bool
        /// Whether white space before it, or after it, belongs to it.
        let absorbsBefore: Bool
        let absorbsAfter: Bool
    }

    /// A range of the text, or a token found in it.
    enum Piece: Equatable {
        case text(Range<Int>)
        case token(Int)
    }

    /// Indexed by first byte, the longest first.
    private var tokens: [[Token]] = Array(repeating: [], count: 256)

    init(_ all: [Token]) {
        for token in all.sorted(by: { $0.content.count > $1.content.count }) {
            if let first = token.content.first { tokens[Int(first)].append(token) }
        }
    }

    /// Splits `range` of a text at the tokens in it: the leftmost first, of several at one position the longest. A special
    /// token stays text unless `parsingSpecialTokens`.
    func split(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, parsingSpecialTokens: Bool
    ) -> [Piece] {
        var pieces: [Piece] = []
        var textStart = range.lowerBound
        var position = range.lowerBound
        while position < range.upperBound {
            guard let token = match(text, position..<range.upperBound) else {
                position += 1
                continue
            }
            var start = position
            var end = position + token.content.count
            position = end
            if token.isSpecial && !parsingSpecialTokens { continue }
            if token.absorbsBefore { start = Self.spaceStart(text, textStart..<start) }
            if token.absorbsAfter { end = Self.spaceEnd(text, end..<range.upperBound) }
            if start > textStart { pieces.append(.text(textStart..<start)) }
            pieces.append(.token(token.id))
            textStart = end
            position = end
        }
        if textStart < range.upperBound { pieces.append(.text(textStart..<range.upperBound)) }
        return pieces
    }

    private func match(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Token? {
        tokens[Int(text[range.lowerBound])].first { token in
            token.content.count <= range.count
                && token.content.elementsEqual(text[range.lowerBound..<range.lowerBound + token.content.count])
        }
    }

    /// Where the white space at the end of `range` starts.
    private static func spaceStart(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        let scalars = String(decoding: text[range], as: UTF8.self).unicodeScalars
        let space = scalars.reversed().prefix { $0.properties.isWhitespace }
        return range.upperBound - space.reduce(0) { $0 + UTF8.width($1) }
    }

    /// Where the white space at the start of `range` ends. Reads no further, since a text may have many such tokens.
    private static func spaceEnd(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
        var bytes = text[range].makeIterator()
        var decoder = UTF8()
        var end = range.lowerBound
        while case .scalarValue(let scalar) = decoder.decode(&bytes), scalar.properties.isWhitespace {
            end += UTF8.width(scalar)
        }
        return end
    }
}
