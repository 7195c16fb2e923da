/// The tokens that may come next: one bit for each id.
public struct TokenMask: Sendable, Hashable {
    /// The number of ids.
    public let count: Int
    /// The bits in words of 64, the lowest id in the lowest bit. Bits beyond the last id are 0.
    public private(set) var words: [UInt64]

    /// Without any token.
    public init(count: Int) {
        self.count = count
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    /// Whether the token is allowed; false for an id that does not exist.
    public func contains(_ id: Int) -> Bool {
        (0..<count).contains(id) && words[id >> 6] >> UInt64(id & 63) & 1 != 0
    }

    /// The allowed ids, in order.
    public var ids: [Int] {
        var result: [Int] = []
        for (index, var word) in zip(words.indices, words) {
            while word != 0 {
                result.append(index << 6 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
        return result
    }

    /// The number of allowed tokens.
    public var allowedCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    mutating func formUnion(_ other: TokenMask) {
        for (index, word) in zip(words.indices, other.words) { words[index] |= word }
    }

    mutating func insert(_ id: Int) { words[id >> 6] |= 1 << UInt64(id & 63) }

    mutating func remove(_ id: Int) { words[id >> 6] &= ~(1 << UInt64(id & 63)) }

    mutating func removeAll() { for index in words.indices { words[index] = 0 } }
}
