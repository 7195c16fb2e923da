/// Pending tokens, and their text as one sequence of bytes.
struct TokenBuffer {
    private struct Piece {
        var token: Token
        /// The number of generated tokens that the piece counts for.
        var count: Int
    }

    private var pieces: [Piece] = []
    private(set) var byteCount = 0

    /// The text of all tokens.
    var bytes: [UInt8] { pieces.count == 1 ? pieces[0].token.text : pieces.flatMap(\.token.text) }

    mutating func append(_ token: Token, count: Int) {
        pieces.append(Piece(token: token, count: count))
        byteCount += token.text.count
    }

    mutating func append(_ other: TokenBuffer) {
        pieces += other.pieces
        byteCount += other.byteCount
    }

    /// Removes and returns the first `length` bytes with the tokens that begin in them. If the cut is inside a token,
    /// its rest stays in the buffer without id and log-probability, and the token is counted with the rest, so that a
    /// limit on tokens is not reached before its text is emitted.
    mutating func take(_ length: Int) -> TokenBuffer {
        var taken = TokenBuffer()
        var wholes = 0
        for piece in pieces {
            let room = length - taken.byteCount
            // A token without text belongs to the text before it.
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

    /// The number of generated tokens that the buffer counts for.
    var tokenCount: Int { pieces.reduce(0) { $0 + $1.count } }

    /// The tokens as events, in their original order.
    func events(choice: Int) -> [StreamEvent] {
        pieces.map { .token($0.token, choice: choice, tokenCount: $0.count) }
    }
}
