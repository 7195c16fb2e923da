/// Parses field lines and the empty line that ends them: those of a head (RFC 9112 §5), or the trailers of a chunked
/// body (RFC 9112 §7.1.2). Stores positions, not bytes.
///
/// A line that begins with whitespace is refused: it is obsolete folding (RFC 9112 §5.2), or a first field that parsers
/// treat differently (RFC 9112 §2.2).
struct HeaderFieldParser: Sendable {
    private enum State { case lineStart, name, leadingWhitespace, value, lineFeed, lastLineFeed }

    /// Official clients send 10 to 16 fields.
    private static let usualCount = 16

    private let maximumCount: Int
    private var state = State.lineStart
    private var name = 0..<0
    private var value = 0..<0
    private(set) var entries: [HTTPFields.Entry] = []

    init(maximumCount: Int) {
        self.maximumCount = maximumCount
    }

    /// Parses from `index`, where `index + base` is the position in the section's bytes. Returns true after the empty
    /// line, false when the input is consumed. Throws at the first invalid byte.
    mutating func advance(_ input: Span<UInt8>, _ index: inout Int, base: Int) throws(RequestError) -> Bool {
        while index < input.count {
            switch state {
            case .lineStart:
                try startLine(input[index], at: index + base)
                guard state == .name else {
                    index += 1
                    continue
                }
                fallthrough
            case .name:
                guard try readName(input, &index, base: base) else { return false }
                fallthrough
            case .leadingWhitespace:
                guard skipWhitespace(input, &index, base: base) else { return false }
                fallthrough
            case .value:
                guard try readValue(input, &index, base: base) else { return false }
                fallthrough
            case .lineFeed:
                guard index < input.count else { return false }
                guard input[index] == ASCII.lineFeed else { throw .bareCarriageReturn }
                index += 1
                entries.append(HTTPFields.Entry(name: name, value: value))
                state = .lineStart
            case .lastLineFeed:
                guard input[index] == ASCII.lineFeed else { throw .bareCarriageReturn }
                index += 1
                return true
            }
        }
        return false
    }

    @inline(__always)
    private mutating func startLine(_ byte: UInt8, at position: Int) throws(RequestError) {
        if byte == ASCII.carriageReturn {
            state = .lastLineFeed
            return
        }
        guard ByteSet.token.contains(byte) else { throw badLineStart(byte) }
        guard entries.count < maximumCount else {
            throw RequestError(
                .requestHeaderFieldsTooLarge, "There are more than \(maximumCount) header fields; send fewer.")
        }
        if entries.isEmpty { entries.reserveCapacity(Self.usualCount) }
        name = position..<position
        state = .name
    }

    @inline(__always)
    private mutating func readName(
        _ input: Span<UInt8>, _ index: inout Int, base: Int
    ) throws(RequestError) -> Bool {
        index = ByteSet.token.end(in: input, from: WordScan.skipLettersAndHyphens(in: input, from: index))
        guard index < input.count else { return false }
        guard input[index] == ASCII.colon else { throw Self.badName(input[index]) }
        name = name.lowerBound..<(index + base)
        index += 1
        state = .leadingWhitespace
        return true
    }

    @inline(__always)
    private mutating func skipWhitespace(_ input: Span<UInt8>, _ index: inout Int, base: Int) -> Bool {
        while index < input.count, ASCII.isWhitespace(input[index]) { index += 1 }
        guard index < input.count else { return false }
        value = (index + base)..<(index + base)
        state = .value
        return true
    }

    /// Reads to the CR, inclusive. The value ends after the last byte that is not whitespace, which may be in an earlier
    /// input.
    @inline(__always)
    private mutating func readValue(
        _ input: Span<UInt8>, _ index: inout Int, base: Int
    ) throws(RequestError) -> Bool {
        let start = index
        repeat {
            index = WordScan.firstControl(in: input, from: index)
            guard index < input.count, input[index] == ASCII.tab else { break }
            index += 1
        } while true
        var end = index
        while end > start, ASCII.isWhitespace(input[end - 1]) { end -= 1 }
        if end > start { value = value.lowerBound..<(end + base) }
        guard index < input.count else { return false }
        guard input[index] == ASCII.carriageReturn else { throw Self.badValue(input[index]) }
        index += 1
        state = .lineFeed
        return true
    }
}

extension HeaderFieldParser {
    private func badLineStart(_ byte: UInt8) -> RequestError {
        switch byte {
        case ASCII.lineFeed: .bareLineFeed
        case ASCII.colon: .badRequest("A header field has an empty name; send a name before the colon.")
        case ASCII.space, ASCII.tab:
            entries.isEmpty
                ? .badRequest("The first header field must not have whitespace before it.")
                : .badRequest("A header field must not be folded over lines; send each on a line of its own.")
        default: Self.badName(byte)
        }
    }

    private static func badName(_ byte: UInt8) -> RequestError {
        switch byte {
        case ASCII.lineFeed: .bareLineFeed
        case ASCII.carriageReturn: .badRequest("A header field has no colon; send name, colon, value.")
        case ASCII.space, ASCII.tab:
            .badRequest("A header field must not have whitespace between its name and the colon.")
        default:
            .badRequest("A header field's name must be a token; it must not have the byte \(ASCII.name(byte)).")
        }
    }

    private static func badValue(_ byte: UInt8) -> RequestError {
        byte == ASCII.lineFeed
            ? .bareLineFeed
            : .badRequest("A header field's value must not have the control byte \(ASCII.name(byte)).")
    }
}
