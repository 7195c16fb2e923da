/// The bytes that have a meaning in HTTP/1.1.
enum ASCII {
    static var tab: UInt8 { 0x09 }
    static var lineFeed: UInt8 { 0x0A }
    static var carriageReturn: UInt8 { 0x0D }
    static var space: UInt8 { 0x20 }
    static var quote: UInt8 { 0x22 }
    static var numberSign: UInt8 { 0x23 }
    static var percent: UInt8 { 0x25 }
    static var asterisk: UInt8 { 0x2A }
    static var comma: UInt8 { 0x2C }
    static var dot: UInt8 { 0x2E }
    static var slash: UInt8 { 0x2F }
    static var zero: UInt8 { 0x30 }
    static var nine: UInt8 { 0x39 }
    static var colon: UInt8 { 0x3A }
    static var semicolon: UInt8 { 0x3B }
    static var equals: UInt8 { 0x3D }
    static var questionMark: UInt8 { 0x3F }
    static var openBracket: UInt8 { 0x5B }
    static var backslash: UInt8 { 0x5C }
    static var closeBracket: UInt8 { 0x5D }
    static var delete: UInt8 { 0x7F }

    /// SP or HTAB: the bytes of optional whitespace (RFC 9110 §5.6.3).
    @inline(__always)
    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == space || byte == tab
    }

    /// VCHAR, SP, HTAB or obs-text: the bytes of a field value (RFC 9110 §5.5).
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool {
        (byte >= space && byte != delete) || byte == tab
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= zero && byte <= nine
    }

    /// The value of a hexadecimal digit of either case; nil for any other byte.
    static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x41 + 10
        case 0x61...0x66: Int(byte) - 0x61 + 10
        default: nil
        }
    }

    /// The lower-case form of `A`...`Z`; any other byte unchanged.
    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// The byte as error messages show it: `0x0A`.
    static func name(_ byte: UInt8) -> String {
        (byte < 0x10 ? "0x0" : "0x") + String(byte, radix: 16, uppercase: true)
    }
}

/// A set of ASCII bytes as a bitmap: bit n stands for byte n. Bytes above 0x7F are never members.
struct ByteSet: Sendable {
    let low: UInt64
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        byte < 128 && ((byte < 64 ? low : high) &>> UInt64(byte & 63)) & 1 == 1
    }

    /// The first position at or after `start` whose byte is not a member; `bytes.count` if there is none.
    @inline(__always)
    func end(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, contains(bytes[index]) { index += 1 }
        return index
    }

    /// tchar: letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110 §5.6.2).
    static var token: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }

    /// Visible ASCII except `#`. Wider than RFC 3986, because clients that follow the WHATWG URL standard do not encode
    /// characters such as `|` and `{`; none of these affects where the target ends.
    static var requestTarget: ByteSet { ByteSet(low: 0xFFFF_FFF6_0000_0000, high: 0x7FFF_FFFF_FFFF_FFFF) }

    /// reg-name with `%` for its escapes: unreserved and sub-delims (RFC 3986 §3.2.2).
    static var registeredName: ByteSet { ByteSet(low: 0x2BFF_7FF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }
}

extension Span where Element == UInt8 {
    /// Whether the bytes equal `text` case-insensitively; `text` must be lower-case ASCII.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount
            && text.withUTF8Buffer { expected in
                expected.indices.allSatisfy { ASCII.lowercased(self[$0]) == expected[$0] }
            }
    }

    /// The next member of a comma-separated list at or after `start`, which moves past it; nil at the end. Empty members
    /// are skipped (RFC 9110 §5.6.1).
    func nextListMember(from start: inout Int) -> Range<Int>? {
        while start < count {
            var lower = start
            var upper = start
            while upper < count, self[upper] != ASCII.comma { upper += 1 }
            start = upper + 1
            while lower < upper, ASCII.isWhitespace(self[lower]) { lower += 1 }
            while upper > lower, ASCII.isWhitespace(self[upper - 1]) { upper -= 1 }
            if lower < upper { return lower..<upper }
        }
        return nil
    }
}
