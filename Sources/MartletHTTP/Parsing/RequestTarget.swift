/// The positions of a request target's parts in the head's bytes (RFC 9112 §3.2).
struct RequestTarget: Sendable {
    let whole: Range<Int>
    /// The path of origin-form or absolute-form; `*` for asterisk-form. Empty if absolute-form has no path.
    private(set) var path: Range<Int>
    /// The part after the first `?`.
    private(set) var query: Range<Int>?
    /// The authority of absolute-form, which takes precedence over the Host field (RFC 9112 §3.2.2).
    private(set) var authority: Range<Int>?

    /// Parses the target at `whole`.
    ///
    /// Throws 501 for CONNECT (RFC 9110 §9.1): it asks the server itself for a tunnel, so there is no resource whose
    /// allowed methods a 405 could list. Throws 400 for a form that the method does not permit, another scheme, or a
    /// malformed authority.
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
    /// Whether the bytes are a non-empty host with an optional port. An empty host is invalid in an `http` URI (RFC 9110
    /// §4.2.1). User information is refused as well: RFC 9110 §4.2.4 requires recipients to treat it as an error.
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

    /// The position after the closing bracket of an IPv6 address; nil if it is malformed. Checks the characters and the
    /// presence of a colon, not the address itself.
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
