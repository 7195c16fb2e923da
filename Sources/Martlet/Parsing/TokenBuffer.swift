/// Tokens whose text is not decided upon yet, and that text as one run of bytes.
struct TokenBuffer {
    private struct Piece {
        var token: Token
        /// Tokens that it stands for.
        var count: Int
    }

    private var pieces: [Piece] = []
    private(set) var byteCount = 0

    /// All bytes, in order.
    var bytes: [UInt8] { pieces.count == 1 ? pieces[0].token.text : pieces.flatMap(\.token.text) }

    mutating func append(_ token: Token, count: Int) {
        pieces.append(Piece(token: token, count: count))
        byteCount += token.text.count
    }

    mutating func append(_ other: TokenBuffer) {
        pieces += other.pieces
        byteCount += other.byteCount
    }

    /// Takes the first `length` bytes, and with them the tokens that begin in them. A token that is cut leaves its rest
    /// behind, which has neither id nor log-probability, and counts for it: whoever counts must not stop before it.
    mutating func take(_ length: Int) -> TokenBuffer {
        var taken = TokenBuffer()
        var wholes = 0
        for piece in pieces {
            let room = length - taken.byteCount
            // A token without text goes with what is before it.
            guard room > 0 || (piece.token.text.isEmpty && length > 0) || length == byteCount else { break }
            guard piece.token.text.count > room else {
                taken.append(piece.token, count: piece.count)
                wholes += 1
                continue
            }
            var front = piece.token
            front.bytes = Array(piece.token.bytes.prefix(room))
            taken.append(front, count: 0)
            pieces[wholes] = Piece(token: Token(bytes: Array(piece.token.bytes.dropFirst(room))), count: piece.count)
            break
        }
        pieces.removeFirst(wholes)
        byteCount -= taken.byteCount
        return taken
    }

    mutating func takeAll() -> TokenBuffer {
        defer { self = TokenBuffer() }
        return self
    }

    /// Tokens that it stands for.
    var tokenCount: Int { pieces.reduce(0) { $0 + $1.count } }

    /// The tokens as events, as they came.
    func events(choice: Int) -> [StreamEvent] {
        pieces.map { .token($0.token, choice: choice, tokenCount: $0.count) }
    }
}
