/// Merges the bytes of one word into tokens, always the pair of the lowest rank, the leftmost of several.
///
/// O(n log n) in the length of the word. Keeps its buffers, so one encoder serves a whole text.
struct WordEncoder {
    private let table: MergeTable
    /// The word as a linked list of tokens and the positions of their neighbours; -1 for none.
    private var tokens: [Int32] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// A binary heap of `rank << 32 | position` of mergeable pairs, some of which may be stale.
    private var heap: [UInt64] = []

    init(_ table: MergeTable) {
        self.table = table
    }

    /// Appends the word's tokens to `output`. `initial` are those of its single bytes.
    mutating func encode(_ initial: some Sequence<Int32>, into output: inout [Int]) {
        tokens.removeAll(keepingCapacity: true)
        tokens.append(contentsOf: initial)
        guard tokens.count > 1 else {
            output.append(contentsOf: tokens.map(Int.init))
            return
        }
        let count = Int32(tokens.count)
        previous.removeAll(keepingCapacity: true)
        previous.append(contentsOf: -1..<count - 1)
        next.removeAll(keepingCapacity: true)
        next.append(contentsOf: 1..<count)
        next.append(-1)

        for position in 0..<count - 1 { offer(position) }
        while let (rank, position) = popLowest() { merge(position, rank) }

        var position: Int32 = 0
        while position >= 0 {
            output.append(Int(tokens[Int(position)]))
            position = next[Int(position)]
        }
    }

    private func mergeable(_ position: Int32) -> MergeTable.Merge? {
        let left = tokens[Int(position)]
        let right = next[Int(position)]
        return left < 0 || right < 0 ? nil : table.merge(left, tokens[Int(right)])
    }

    /// Merges the pair at `position`, unless a neighbour's merge has changed it since it was offered.
    private mutating func merge(_ position: Int32, _ rank: UInt32) {
        guard let merge = mergeable(position), merge.rank == rank else { return }
        let eaten = next[Int(position)]
        let after = next[Int(eaten)]
        tokens[Int(position)] = merge.result
        tokens[Int(eaten)] = -1
        next[Int(position)] = after
        if after >= 0 { previous[Int(after)] = position }
        offer(position)
        if previous[Int(position)] >= 0 { offer(previous[Int(position)]) }
    }

    private mutating func offer(_ position: Int32) {
        guard let merge = mergeable(position) else { return }
        let entry = UInt64(merge.rank) << 32 | UInt64(UInt32(bitPattern: position))
        var hole = heap.count
        heap.append(entry)
        while hole > 0, heap[(hole - 1) / 2] > entry {
            heap[hole] = heap[(hole - 1) / 2]
            hole = (hole - 1) / 2
        }
        heap[hole] = entry
    }

    private mutating func popLowest() -> (rank: UInt32, position: Int32)? {
        guard let lowest = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            var hole = 0
            while true {
                var child = 2 * hole + 1
                if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
                guard child < heap.count, heap[child] < last else { break }
                heap[hole] = heap[child]
                hole = child
            }
            heap[hole] = last
        }
        return (UInt32(lowest >> 32), Int32(truncatingIfNeeded: lowest))
    }
}
