/// The `host[:port]` of a Host field or of an absolute-form target (RFC 9110 section 7.2, RFC 3986 section 3.2).
package enum Authority {
    /// Whether the bytes are a non-empty host with an optional port. An empty host is refused: no `http` URI may have
    /// one (RFC 9110 section 4.2.1) and this server has no default name to put in its place. So is user information,
    /// which RFC 9110 section 4.2.4 tells recipients to treat as an error.
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

    /// The port may be empty (RFC 3986 section 3.2.3).
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
