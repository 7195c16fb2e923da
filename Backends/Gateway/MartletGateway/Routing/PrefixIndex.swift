/// Which prefixes went to which upstream: for each upstream, the blocks that were sent there last. An estimate of what its
/// prefix cache contains.
struct PrefixIndex: Sendable {
    private let blocksPerUpstream: Int
    private var upstreams: [Int: RecencySet] = [:]

    init(blocksPerUpstream: Int) { self.blocksPerUpstream = blocksPerUpstream }

    /// How many blocks are remembered for an upstream.
    func blockCount(of upstream: Int) -> Int { upstreams[upstream]?.count ?? 0 }

    /// How many of the first blocks were sent to the upstream.
    func matchLength(of blocks: [UInt64], upstream: Int) -> Int {
        guard let known = upstreams[upstream] else { return 0 }
        // Known blocks come first: whatever follows a block is forgotten before it, see `insert`.
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if known.contains(blocks[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Remembers that a prompt with these blocks was sent to the upstream. The first block becomes the newest: the end of
    /// a prompt is worth nothing without its beginning, and engines evict it first too.
    mutating func insert(_ blocks: [UInt64], upstream: Int) {
        if blocks.isEmpty { return }
        let blocks = blocks.prefix(blocksPerUpstream).reversed()
        upstreams[upstream, default: RecencySet(capacity: blocksPerUpstream)].insert(contentsOf: blocks)
    }

    /// Forgets everything that was sent to the upstream, because it has restarted or is no longer used.
    mutating func forget(_ upstream: Int) { upstreams[upstream] = nil }
}
