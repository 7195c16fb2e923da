/// Checks what may follow a chunk's size on its line (RFC 9112 section 7.1.1), a byte at a time, and drops it: extensions,
/// each `;`, a name and perhaps `=` with a token or a quoted string, and optional whitespace around these. Whitespace
/// before the end of the line belongs to no extension and is refused.
struct ChunkExtensions: Sendable {
    private enum State { case complete, gap, nameStart, name, gapAfterName, valueStart, token, quoted, escaped }

    private var state = State.complete

    /// Takes the next byte. Returns true for the CR that ends the line.
    mutating func advance(_ byte: UInt8) throws(RequestError) -> Bool {
        switch state {
        case .nameStart, .valueStart: try start(byte)
        case .quoted: try readQuoted(byte)
        case .escaped:
            guard ASCII.isFieldValue(byte) else { throw Self.malformed(byte) }
            state = .quoted
        case .complete, .gap, .name, .gapAfterName, .token: return try followOn(byte)
        }
        return false
    }

    private mutating func start(_ byte: UInt8) throws(RequestError) {
        if ASCII.isWhitespace(byte) { return }
        if byte == ASCII.quote, state == .valueStart {
            state = .quoted
        } else if ByteSet.token.contains(byte) {
            state = state == .nameStart ? .name : .token
        } else {
            throw Self.malformed(byte)
        }
    }

    private mutating func readQuoted(_ byte: UInt8) throws(RequestError) {
        switch byte {
        case ASCII.quote: state = .complete
        case ASCII.backslash: state = .escaped
        default: guard ASCII.isFieldValue(byte) else { throw Self.malformed(byte) }
        }
    }

    private mutating func followOn(_ byte: UInt8) throws(RequestError) -> Bool {
        let isAfterName = state == .name || state == .gapAfterName
        switch byte {
        case ASCII.carriageReturn where state != .gap && state != .gapAfterName: return true
        case ASCII.semicolon: state = .nameStart
        case ASCII.equals where isAfterName: state = .valueStart
        case ASCII.space, ASCII.tab: state = isAfterName ? .gapAfterName : .gap
        default:
            guard state == .name || state == .token, ByteSet.token.contains(byte) else { throw Self.malformed(byte) }
        }
        return false
    }

    private static func malformed(_ byte: UInt8) -> RequestError {
        byte == ASCII.lineFeed
            ? .bareLineFeed
            : .badRequest("After a chunk's size comes CRLF or ;name=value, not the byte \(ASCII.name(byte)).")
    }
}
