extension Span<UInt8> {
    /// The first position at or after `start` of a byte that a JSON string cannot contain unescaped: a quote, a
    /// backslash or a control character (RFC 8259 §7); `count` if there is none.
    ///
    /// Examines eight bytes per step. The lowest set bit of each of the three masks is always correct, since a borrow
    /// affects only the bytes above it; therefore the lowest bit of their union is correct too.
    func firstSpecial(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones &* 0x80
        let raw = bytes
        var index = start
        while index <= count - 8 {
            let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let found =
                ((word &- ones &* 0x20) & ~word)
                | ((quotes &- ones) & ~quotes)
                | ((backslashes &- ones) & ~backslashes)
            if found & highBits != 0 { return index + (found & highBits).trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, !Self.isSpecial(self[index]) { index += 1 }
        return index
    }

    /// Whether these bytes are at an offset.
    package func contains(_ text: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, text.utf8CodeUnitCount <= count - offset else { return false }
        for index in 0..<text.utf8CodeUnitCount where text.utf8Start[index] != self[offset + index] { return false }
        return true
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// The bytes as a string; nil if they are not well-formed UTF-8.
    ///
    /// ASCII, which is most of JSON, skips the standard library's validation: for short strings its generic dispatch costs
    /// more than the rest of the parser.
    var validatedString: String? {
        withUnsafeBufferPointer { buffer in
            isASCII ? String(decoding: buffer, as: UTF8.self) : String(validating: buffer, as: UTF8.self)
        }
    }

    private var isASCII: Bool {
        let raw = bytes
        var seen: UInt64 = 0
        var index = 0
        while index <= count - 8 {
            seen |= raw.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < count {
            seen |= UInt64(self[index])
            index += 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }
}
