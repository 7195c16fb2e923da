/// Where the parts of a request target stand in the head's bytes (RFC 9112 §3.2).
struct RequestTarget: Sendable {
    let whole: Range<Int>
    /// The path of origin-form and absolute-form; `*` for asterisk-form. Empty when absolute-form has none.
    private(set) var path: Range<Int>
    /// What follows the first `?`.
    private(set) var query: Range<Int>?
    /// What absolute-form names in the Host field's stead (§3.2.2).
    private(set) var authority: Range<Int>?

    /// Takes the target at `whole` apart.
    ///
    /// CONNECT is 501 (RFC 9110 §9.1): it asks for a tunnel from the server itself, so there is no resource whose
    /// `Allow` a 405 could list. 400 for a form that the method cannot have, another scheme, or a bad authority.
    init(_ whole: Range<Int>, of method: HTTPMethod, in bytes: Span<UInt8>) throws(RequestError) {
        self.whole = whole
        path = whole
        if method == .connect {
            throw RequestError(.notImplemented, "This server makes no tunnels; send the request to it directly.")
        }
        switch bytes[whole.lowerBound] {
        case ASCII.slash:
            break
        case ASCII.asterisk where whole.count == 1:
            guard method == .options else {
                throw .badRequest("The target * goes with OPTIONS only; send a path.")
            }
            return
        default:
            let start = try Self.endOfScheme(whole, in: bytes)
            let end = (start..<whole.upperBound).first { Self.endsAuthority(bytes[$0]) } ?? whole.upperBound
            guard Authority.isValid(bytes.extracting(start..<end)) else {
                throw .badRequest("The request target's authority is not a host with an optional port.")
            }
            authority = start..<end
            path = end..<whole.upperBound
        }
        if let mark = path.first(where: { bytes[$0] == ASCII.questionMark }) {
            query = (mark + 1)..<path.upperBound
            path = path.lowerBound..<mark
        }
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == ASCII.slash || byte == ASCII.questionMark
    }

    private static func endOfScheme(_ whole: Range<Int>, in bytes: Span<UInt8>) throws(RequestError) -> Int {
        let target = bytes.extracting(whole)
        for scheme in ["http://", "https://"] as [StaticString] where target.count >= scheme.utf8CodeUnitCount {
            let length = scheme.utf8CodeUnitCount
            if target.extracting(0..<length).equalsIgnoringCase(scheme) { return whole.lowerBound + length }
        }
        throw .badRequest("The request target must be a path that begins with /, or an http:// URI.")
    }
}

/// The `host[:port]` of a Host field or of an absolute-form target (RFC 9110 §7.2, RFC 3986 §3.2).
package enum Authority {
    /// Whether the bytes are a non-empty host with an optional port. An empty host is refused: no `http` URI may have
    /// one (RFC 9110 §4.2.1) and this server has no default name to put in its place. So is user information,
    /// which RFC 9110 §4.2.4 tells recipients to treat as an error.
    package static func isValid(_ bytes: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return false }
        var index = 0
        if bytes[0] == ASCII.openBracket {
            guard let end = endOfAddress(bytes) else { return false }
            index = end
        } else {
            index = ByteSet.registeredName.end(in: bytes, from: 0)
            guard index > 0, hasValidEscapes(bytes, upTo: index) else { return false }
        }
        return index == bytes.count || (bytes[index] == ASCII.colon && isPort(bytes, from: index + 1))
    }

    /// The position after the bracket that closes an IPv6 address. The address is checked for its letters and for a
    /// colon, not for its value.
    private static func endOfAddress(_ bytes: Span<UInt8>) -> Int? {
        var hasColon = false
        for index in 1..<bytes.count {
            let byte = bytes[index]
            switch byte {
            case ASCII.closeBracket: return hasColon ? index + 1 : nil
            case ASCII.colon: hasColon = true
            case ASCII.dot: break
            default: guard ASCII.hexValue(byte) != nil else { return nil }
            }
        }
        return nil
    }

    private static func hasValidEscapes(_ bytes: Span<UInt8>, upTo end: Int) -> Bool {
        for index in 0..<end where bytes[index] == ASCII.percent {
            guard index + 2 < end, ASCII.hexValue(bytes[index + 1]) != nil, ASCII.hexValue(bytes[index + 2]) != nil
            else { return false }
        }
        return true
    }

    /// The port may be empty (RFC 3986 §3.2.3).
    private static func isPort(_ bytes: Span<UInt8>, from start: Int) -> Bool {
        var port = 0
        for index in start..<bytes.count {
            guard ASCII.isDigit(bytes[index]) else { return false }
            port = port * 10 + Int(bytes[index] - ASCII.zero)
            guard port <= 65_535 else { return false }
        }
        return true
    }
}
