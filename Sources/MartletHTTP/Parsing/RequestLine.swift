/// Parses a request line (RFC 9112 §3) byte by byte: one space between method, target and version, and CRLF at the end.
/// Stores positions, not bytes.
///
/// HTTP/1.2 to HTTP/1.9 do not exist. RFC 9110 §2.5 would treat them as 1.1; since two parsers could disagree about
/// them, they are refused like another major version.
struct RequestLine: Sendable {
    private enum State { case start, method, targetStart, target, version, carriageReturn, lineFeed }

    private var state = State.start
    private var versionStart = 0
    private var majorVersion: UInt8 = 0
    private(set) var method = 0..<0
    private(set) var target = 0..<0
    private(set) var minorVersion = 1

    /// Parses from `index`, where `index + base` is the position in the head. Returns true when the line is complete,
    /// false when the input is consumed. Throws at the first invalid byte.
    mutating func advance(_ input: Span<UInt8>, _ index: inout Int, base: Int) throws(RequestError) -> Bool {
        while index < input.count {
            let byte = input[index]
            switch state {
            case .start:
                guard ByteSet.token.contains(byte) else { throw Self.noMethod(byte) }
                state = .method
            case .method:
                index = ByteSet.token.end(in: input, from: index)
                guard index < input.count else { return false }
                guard input[index] == ASCII.space else { throw Self.badMethod(input[index]) }
                method = 0..<(index + base)
                state = .targetStart
                index += 1
            case .targetStart:
                guard ByteSet.requestTarget.contains(byte) else { throw Self.badTarget(byte) }
                target = (index + base)..<(index + base)
                state = .target
            case .target:
                index = ByteSet.requestTarget.end(in: input, from: index)
                guard index < input.count else { return false }
                guard input[index] == ASCII.space else { throw Self.badTarget(input[index]) }
                target = target.lowerBound..<(index + base)
                index += 1
                versionStart = index + base
                state = .version
            case .version:
                try readVersion(input, &index, base: base)
            case .carriageReturn:
                guard byte == ASCII.carriageReturn else { throw Self.badLineEnd(byte) }
                index += 1
                state = .lineFeed
            case .lineFeed:
                guard byte == ASCII.lineFeed else { throw .bareCarriageReturn }
                index += 1
                return true
            }
        }
        return false
    }

    private mutating func readVersion(_ input: Span<UInt8>, _ index: inout Int, base: Int) throws(RequestError) {
        while index < input.count, state == .version {
            let byte = input[index]
            switch index + base - versionStart {
            case 0: try require(byte, is: UInt8(ascii: "H"))
            case 1, 2: try require(byte, is: UInt8(ascii: "T"))
            case 3: try require(byte, is: UInt8(ascii: "P"))
            case 4: try require(byte, is: ASCII.slash)
            case 5:
                guard ASCII.isDigit(byte) else { throw Self.badVersion }
                majorVersion = byte
            case 6: try require(byte, is: ASCII.dot)
            default:
                guard ASCII.isDigit(byte) else { throw Self.badVersion }
                guard majorVersion == ASCII.zero + 1, byte <= ASCII.zero + 1 else { throw Self.otherVersion }
                minorVersion = Int(byte - ASCII.zero)
                state = .carriageReturn
            }
            index += 1
        }
    }

    @inline(__always)
    private func require(_ byte: UInt8, is expected: UInt8) throws(RequestError) {
        guard byte == expected else { throw Self.badVersion }
    }
}

extension RequestLine {
    private static func noMethod(_ byte: UInt8) -> RequestError {
        switch byte {
        case 0x16: .badRequest("This looks like a TLS handshake, and this port speaks plain HTTP; use http://.")
        case ASCII.lineFeed: .bareLineFeed
        default:
            .badRequest("A request begins with a method, not with the byte \(ASCII.name(byte)); send for instance GET.")
        }
    }

    private static func badMethod(_ byte: UInt8) -> RequestError {
        .badRequest("The method must be a token with one space after it, not the byte \(ASCII.name(byte)).")
    }

    private static func badTarget(_ byte: UInt8) -> RequestError {
        switch byte {
        case ASCII.carriageReturn, ASCII.lineFeed:
            .badRequest("The request line has no HTTP version; send METHOD, one space, target, one space, HTTP/1.1.")
        case ASCII.space, ASCII.tab:
            .badRequest("The method and the request target must have exactly one space between them.")
        case ASCII.numberSign:
            .badRequest("The request target must not have a fragment; leave out # and what follows it.")
        default:
            .badRequest("The request target must not have the byte \(ASCII.name(byte)); percent-encode it.")
        }
    }

    private static func badLineEnd(_ byte: UInt8) -> RequestError {
        byte == ASCII.lineFeed
            ? .bareLineFeed
            : .badRequest("The HTTP version must be followed by CRLF, not by the byte \(ASCII.name(byte)).")
    }

    private static var badVersion: RequestError {
        .badRequest("The request line must end with one space and HTTP/1.1, in upper case.")
    }

    private static var otherVersion: RequestError {
        RequestError(.httpVersionNotSupported, "This server speaks HTTP/1.1 and HTTP/1.0 only; send HTTP/1.1.")
    }
}
