/// The merges of a byte-pair encoding: pairs of tokens, the token that each pair becomes, and their ranks.
struct MergeTable: Sendable {
    struct Merge {
        /// The index in the list of merges. Lower ranks are applied first.
        let rank: UInt32
        let result: Int32
    }

    // Open addressing over two flat arrays, because lookups dominate encoding.
    private var pairs: [UInt64]
    private var merges: [Merge]
    private let mask: Int

    private static let vacant = UInt64.max

    /// - Parameter capacity: how many merges will be inserted.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        mask = size - 1
        pairs = [UInt64](repeating: Self.vacant, count: size)
        merges = [Merge](repeating: Merge(rank: 0, result: 0), count: size)
    }

    /// Later merges of the same pair replace earlier ones.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
        let slot = slot(of: Self.pair(left, right))
        pairs[slot] = Self.pair(left, right)
        merges[slot] = merge
    }

    func merge(_ left: Int32, _ right: Int32) -> Merge? {
        let slot = slot(of: Self.pair(left, right))
        return pairs[slot] == Self.vacant ? nil : merges[slot]
    }

    private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The slot that has the pair, or the vacant one where it belongs.
    private func slot(of pair: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: (pair &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
        while pairs[slot] != pair, pairs[slot] != Self.vacant { slot = (slot + 1) & mask }
        return slot
    }
}
