/// Reference counts of the KV cache's blocks, and an index of the content of full blocks.
///
/// A full block is identified by its tokens and all tokens before them, so that a later sequence with the same prefix
/// reuses the block instead of computing it. Free blocks keep their content until they are allocated again, the one
/// released first before the others. Bookkeeping only: the keys and values themselves belong to the model.
struct BlockPool {
    /// A prefix of a sequence, in full blocks.
    struct Prefix: Equatable {
        /// Its blocks, in order.
        var blocks: [Int] = []
        /// Identifies the content of the last block and all before it; 0 for an empty prefix.
        var number = 0
    }

    /// A full block's tokens, after the content with the number `predecessor`.
    private struct Content: Hashable {
        let predecessor: Int
        let tokens: [Int]
    }

    private struct Block {
        var references = 0
        var content: Content?
        /// Neighbours in the free list; -1 for none.
        var previous = -1
        var next = -1
    }

    /// Tokens per block.
    let blockSize: Int
    private var blocks: [Block]
    /// The ends of the free list; the front is allocated next.
    private var front = -1
    private var back = -1
    /// Length of the free list.
    private(set) var freeCount = 0
    private var known: [Content: (block: Int, number: Int)] = [:]
    private var lastNumber = 0

    init(blockCount: Int, blockSize: Int) {
        self.blockSize = blockSize
        blocks = Array(repeating: Block(), count: blockCount)
        for block in blocks.indices { append(block) }
    }

    var blockCount: Int { blocks.count }

    // MARK: References

    /// Adds a reference to each of these blocks.
    mutating func retain(_ sequence: [Int]) {
        for block in sequence {
            if blocks[block].references == 0 { remove(block) }
            blocks[block].references += 1
        }
    }

    /// A block with one reference, the caller's; nil if none is free.
    mutating func allocate() -> Int? {
        guard front >= 0 else { return nil }
        let block = front
        remove(block)
        blocks[block].references = 1
        if let content = blocks[block].content { known[content] = nil }
        blocks[block].content = nil
        return block
    }

    /// Drops a reference to each of a sequence's blocks. Its last blocks are reused first: a prefix is more likely to
    /// be asked for again than what follows it.
    mutating func release(_ sequence: [Int]) {
        for block in sequence.reversed() {
            blocks[block].references -= 1
            if blocks[block].references == 0 { append(block) }
        }
    }

    /// How many more blocks would be free if these sequences released theirs.
    func countFreed(by sequences: [[Int]]) -> Int {
        var references: [Int: Int] = [:]
        for block in sequences.joined() { references[block, default: 0] += 1 }
        return references.count { blocks[$0.key].references == $0.value }
    }

    // MARK: Content

    /// The longest cached prefix of `tokens`. Does not retain its blocks.
    func prefix(of tokens: ArraySlice<Int>) -> Prefix {
        var found = Prefix()
        var rest = tokens
        while rest.count >= blockSize {
            let content = Content(predecessor: found.number, tokens: Array(rest.prefix(blockSize)))
            guard let entry = known[content] else { break }
            found.blocks.append(entry.block)
            found.number = entry.number
            rest = rest.dropFirst(blockSize)
        }
        return found
    }

    /// Indexes `block`, which is full of `tokens` after the content `predecessor`. Of several blocks with the same
    /// content, `prefix(of:)` finds the first.
    ///
    /// - Returns: the number of the content that ends with this block.
    mutating func fill(_ block: Int, with tokens: ArraySlice<Int>, after predecessor: Int) -> Int {
        let content = Content(predecessor: predecessor, tokens: Array(tokens))
        if let entry = known[content] { return entry.number }
        lastNumber += 1
        blocks[block].content = content
        known[content] = (block, lastNumber)
        return lastNumber
    }

    // MARK: The free list

    private mutating func append(_ block: Int) {
        blocks[block].previous = back
        blocks[block].next = -1
        if back >= 0 { blocks[back].next = block } else { front = block }
        back = block
        freeCount += 1
    }

    private mutating func remove(_ block: Int) {
        let (previous, next) = (blocks[block].previous, blocks[block].next)
        if previous >= 0 { blocks[previous].next = next } else { front = next }
        if next >= 0 { blocks[next].previous = previous } else { back = previous }
        freeCount -= 1
    }
}
