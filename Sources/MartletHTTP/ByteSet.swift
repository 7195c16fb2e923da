/// A set of ASCII bytes as a map of 128 bits: byte n is bit n. No byte above 0x7F is ever a member.
struct ByteSet: Sendable {
    let low: UInt64
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        byte < 128 && ((byte < 64 ? low : high) &>> UInt64(byte & 63)) & 1 == 1
    }

    /// The first position from `start` on whose byte is no member; `bytes.count` when there is none.
    @inline(__always)
    func end(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, contains(bytes[index]) { index += 1 }
        return index
    }

    /// tchar: letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110 section 5.6.2).
    static var token: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }

    /// Visible ASCII but `#`. Wider than RFC 3986, because WHATWG URL clients leave `|`, `{` and the like as they are;
    /// none of them moves the end of the target.
    static var requestTarget: ByteSet { ByteSet(low: 0xFFFF_FFF6_0000_0000, high: 0x7FFF_FFFF_FFFF_FFFF) }

    /// reg-name with `%` for its escapes: unreserved and sub-delims (RFC 3986 section 3.2.2).
    static var registeredName: ByteSet { ByteSet(low: 0x2BFF_7FF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }
}
