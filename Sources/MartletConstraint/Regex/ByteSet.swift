/// A set of bytes.
struct ByteSet: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// No byte.
    init() {}

    init(_ bytes: ClosedRange<UInt8>) { for byte in bytes { insert(byte) } }

    init(_ bytes: some Sequence<UInt8>) { for byte in bytes { insert(byte) } }

    static let all = ByteSet(0...255)

    var isEmpty: Bool { words.0 | words.1 | words.2 | words.3 == 0 }

    func contains(_ byte: UInt8) -> Bool { word(of: byte) >> UInt64(byte & 63) & 1 != 0 }

    mutating func insert(_ byte: UInt8) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    func union(_ other: ByteSet) -> ByteSet { combined(with: other) { $0 | $1 } }

    func intersection(_ other: ByteSet) -> ByteSet { combined(with: other) { $0 & $1 } }

    func subtracting(_ other: ByteSet) -> ByteSet { combined(with: other) { $0 & ~$1 } }

    private func combined(with other: ByteSet, _ combine: (UInt64, UInt64) -> UInt64) -> ByteSet {
        var result = ByteSet()
        result.words = (
            combine(words.0, other.words.0), combine(words.1, other.words.1), combine(words.2, other.words.2),
            combine(words.3, other.words.3)
        )
        return result
    }

    private func word(of byte: UInt8) -> UInt64 {
        switch byte >> 6 {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
    }

    static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
