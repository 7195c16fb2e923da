/// A 64-bit hash of byte strings that is the same in every process and on every platform, unlike Swift's `Hasher`. Not
/// cryptographic. It takes eight bytes at a time, since prompts are long: FNV-1a takes one multiplication for each byte.
struct StableHash: Sendable {
    private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// The hash of everything that has been added.
    var value: UInt64 { state.mixed }

    static func value(of text: String) -> UInt64 {
        var hash = StableHash()
        text.utf8.withBytes { hash.add($0) }
        return hash.value
    }

    mutating func add(_ number: UInt64) { state = state.combined(with: number) }

    /// Adds bytes, their count and a tag: `ab` then `c` differs from `a` then `bc`.
    mutating func add(_ bytes: UnsafeRawBufferPointer, tag: UInt64 = 0) {
        // In a register: each step waits for the previous one.
        var state = state
        var offset = 0
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            state = state.combined(with: UInt64(littleEndian: word))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        self.state = state.combined(with: rest).combined(with: UInt64(bytes.count) << 8 | tag)
    }
}

extension UInt64 {
    /// One to one for a given word and for a given state, so that nothing is forgotten.
    fileprivate func combined(with word: UInt64) -> UInt64 {
        let product = (self ^ word) &* 0xbf58_476d_1ce4_e5b9
        return product ^ (product >> 32)
    }

    /// Every bit depends on every bit: the last steps of Sebastiano Vigna's SplitMix64.
    fileprivate var mixed: UInt64 {
        var z = self
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Collection<UInt8> {
    /// Calls the closure with the bytes, which are copied only if they are not contiguous.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) } ?? Array(self).withUnsafeBytes(body)
    }
}
