/// Parses a chunked body (RFC 9112 §7.1): sizes, extensions (validated and dropped), data, trailers (validated, limited
/// and dropped).
///
/// ```
/// size -> extensions -> lineFeed -> data -> dataCarriageReturn -> dataLineFeed -> size
///                          '-> trailers (after a chunk of size 0) -> end
/// ```
struct ChunkedBody: Sendable {
    enum Event {
        /// The positions of body bytes in the input.
        case data(Range<Int>)
        case end
    }

    private enum State { case size, extensions, lineFeed, data, dataCarriageReturn, dataLineFeed, trailers }

    private let limits: RequestParser.Limits
    private var state = State.size
    /// The size of the current chunk; in `data`, its remaining bytes.
    private var size = 0
    private var lineLength = 0
    private var received = 0
    private var extensions = ChunkExtensions()
    private var trailers: HeaderFieldParser
    private var trailerLength = 0

    init(limits: RequestParser.Limits) {
        self.limits = limits
        trailers = HeaderFieldParser(maximumCount: limits.maximumFields)
    }

    /// Parses from `index`; nil when the input is consumed. Throws 400 at the first invalid byte, 413 when the announced
    /// sizes exceed `maximumBytes` in total, 431 when the trailers exceed the limits of a head.
    mutating func next(
        _ input: Span<UInt8>, _ index: inout Int, maximumBytes: Int
    ) throws(RequestError) -> Event? {
        while index < input.count {
            let byte = input[index]
            switch state {
            case .size, .extensions:
                try readLine(byte)
            case .lineFeed:
                guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
                guard size <= maximumBytes - received else { throw .bodyTooLarge(maximumBytes) }
                received += size
                state = size == 0 ? .trailers : .data
            case .data:
                let start = index
                index += min(size, input.count - start)
                size -= index - start
                if size == 0 { state = .dataCarriageReturn }
                return .data(start..<index)
            case .dataCarriageReturn:
                guard byte == ASCII.carriageReturn else { throw Self.badDataEnd }
                state = .dataLineFeed
            case .dataLineFeed:
                guard byte == ASCII.lineFeed else { throw Self.badDataEnd }
                state = .size
                lineLength = 0
            case .trailers:
                return try readTrailers(input, &index) ? .end : nil
            }
            index += 1
        }
        return nil
    }

    private mutating func readLine(_ byte: UInt8) throws(RequestError) {
        guard lineLength < limits.maximumChunkLineBytes else {
            throw .badRequest("A chunk's size and extensions take more than \(limits.maximumChunkLineBytes) bytes.")
        }
        if state == .size, let digit = ASCII.hexValue(byte) {
            if lineLength == 0 { size = 0 }
            guard size <= Int.max >> 4 else { throw .badRequest("A chunk's size is too large for any body.") }
            size = size << 4 | digit
        } else {
            if state == .size {
                guard lineLength > 0 else { throw Self.noSize(byte) }
                extensions = ChunkExtensions()
                state = .extensions
            }
            if try extensions.advance(byte) { state = .lineFeed }
        }
        lineLength += 1
    }

    private mutating func readTrailers(_ input: Span<UInt8>, _ index: inout Int) throws(RequestError) -> Bool {
        let start = index
        let window = input.extracting(0..<(start + min(input.count - start, limits.maximumHeadBytes - trailerLength)))
        let isComplete = try trailers.advance(window, &index, base: trailerLength - start)
        trailerLength += index - start
        guard isComplete || index == input.count else {
            throw RequestError(
                .requestHeaderFieldsTooLarge, "The trailers take more than \(limits.maximumHeadBytes) bytes; send less."
            )
        }
        return isComplete
    }

    private static func noSize(_ byte: UInt8) -> RequestError {
        byte == ASCII.lineFeed
            ? .bareLineFeed
            : .badRequest("A chunk begins with its size in hexadecimal digits, not with \(ASCII.name(byte)).")
    }

    private static var badDataEnd: RequestError {
        .badRequest("A chunk's data must be as long as its size says and be followed by CRLF.")
    }
}

/// Validates and drops the extensions after a chunk's size (RFC 9112 §7.1.1), byte by byte: each is `;`, a name, and
/// optionally `=` with a token or a quoted string, with optional whitespace around these. Whitespace at the end of the
/// line is refused, since it belongs to no extension.
struct ChunkExtensions: Sendable {
    private enum State { case complete, gap, nameStart, name, gapAfterName, valueStart, token, quoted, escaped }

    private var state = State.complete

    /// Consumes a byte. Returns true for the CR that ends the line.
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
