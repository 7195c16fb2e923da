/// Ids that are unique in a process and, by 64 random bits in each, practically everywhere. One per loop.
package struct IdentifierGenerator {
    private var state: UInt64
    private let prefix: UInt64

    package init() {
        state = .random(in: .min ... .max)
        prefix = .random(in: .min ... .max)
    }

    /// 24 hexadecimal digits: 8 of the generator, 16 that never repeat within it.
    package mutating func next() -> String {
        state &+= 1
        // SplitMix64's finalizer is a bijection: counting up gives distinct values that do not look counted.
        var mixed = state &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return String(unsafeUninitializedCapacity: 24) { buffer in
            for digit in 0..<8 { buffer[digit] = Self.digit(prefix >> UInt64(digit * 4)) }
            for digit in 0..<16 { buffer[8 + digit] = Self.digit(mixed >> UInt64(digit * 4)) }
            return 24
        }
    }

    private static func digit(_ value: UInt64) -> UInt8 {
        let nibble = UInt8(value & 0xF)
        return nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
    }
}
