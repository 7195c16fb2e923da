/// Searches bytes eight at a time as UInt64 words; the portable SIMD types are far slower. The first byte in memory is
/// the lowest of a word. A test leaves bit 7 set in each matching byte.
package enum WordScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The first position at or after `start` of a byte below 0x20 or of 0x7F; `bytes.count` if there is none.
    @inline(__always)
    package static func firstControl(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while bytes.count &- index >= 8 {
            let found = controls(word(bytes, at: index))
            guard found == 0 else { return index &+ found.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count, bytes[index] >= ASCII.space, bytes[index] != ASCII.delete { index &+= 1 }
        return index
    }

    /// A position at or after `start` up to which there are only letters and hyphens: the first other byte, or a
    /// position fewer than eight bytes from the end.
    @inline(__always)
    static func skipLettersAndHyphens(in bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while bytes.count &- index >= 8 {
            let others = ~lettersAndHyphens(word(bytes, at: index)) & highBits
            guard others == 0 else { return index &+ others.trailingZeroBitCount / 8 }
            index &+= 8
        }
        return index
    }

    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, at index: Int) -> UInt64 {
        UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// A borrow can produce a false match only above a true one, and only the lowest match is used.
    @inline(__always)
    private static func controls(_ word: UInt64) -> UInt64 {
        let afterDelete = word ^ (ones &* UInt64(ASCII.delete))
        let controls = (word &- ones &* UInt64(ASCII.space)) & ~word
        let deletes = (afterDelete &- ones) & ~afterDelete
        return (controls | deletes) & highBits
    }

    /// Exact for every byte: the additions compare seven bits of each and cannot carry into the next.
    @inline(__always)
    private static func lettersAndHyphens(_ word: UInt64) -> UInt64 {
        let lowerCase = (word | ones &* 0x20) & ~highBits
        let fromA = lowerCase &+ ones &* (0x80 - 0x61)
        let pastZ = lowerCase &+ ones &* (0x7F - 0x7A)
        let fromHyphen = ((word ^ (ones &* 0x2D)) & ~highBits) &+ ones &* 0x7F
        return ((fromA & ~pastZ) | ~fromHyphen) & ~word & highBits
    }
}
