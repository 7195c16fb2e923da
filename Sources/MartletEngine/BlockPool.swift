/// Which blocks of the KV cache are held, and what full ones hold.
///
/// A full block is known by its tokens and all before them, so that a later sequence with the same beginning takes the
/// block over instead of computing it. Blocks that nobody holds keep what they have until they are needed: the one that
/// was let go first is taken first. Pure bookkeeping: the keys and values themselves are the model's.
struct BlockPool {
    /// The beginning of a sequence, in full blocks.
    struct Prefix: Equatable {
        /// The blocks that hold it.
        var blocks: [Int] = []
        /// Names the content of the last block and all before it; 0 for none.
        var number = 0
    }

    /// What a full block holds: its tokens, behind the content of that number.
    private struct Content: Hashable {
        let predecessor: Int
        let tokens: [Int]
    }

    private struct Block {
        var holders = 0
        var content: Content?
        /// Neighbours in the list of blocks that nobody holds; -1 for none.
        var previous = -1
        var next = -1
    }

    /// Tokens that a block holds.
    let blockSize: Int
    private var blocks: [Block]
    /// The ends of the list of blocks that nobody holds; the front is taken next.
    private var front = -1
    private var back = -1
    /// Blocks that nobody holds.
    private(set) var freeCount = 0
    private var known: [Content: (block: Int, number: Int)] = [:]
    private var lastNumber = 0

    init(blockCount: Int, blockSize: Int) {
        self.blockSize = blockSize
        blocks = Array(repeating: Block(), count: blockCount)
        for block in blocks.indices { append(block) }
    }

    var blockCount: Int { blocks.count }

    // MARK: Holding

    /// One more holder for each of these blocks.
    mutating func retain(_ held: [Int]) {
        for block in held {
            if blocks[block].holders == 0 { remove(block) }
            blocks[block].holders += 1
        }
    }

    /// A block for the caller alone; nil if all are held.
    mutating func allocate() -> Int? {
        guard front >= 0 else { return nil }
        let block = front
        remove(block)
        blocks[block].holders = 1
        if let content = blocks[block].content { known[content] = nil }
        blocks[block].content = nil
        return block
    }

    /// One holder less for each of a sequence's blocks. The last of them are taken first by others: a beginning is
    /// worth more than what follows it.
    mutating func release(_ held: [Int]) {
        for block in held.reversed() {
            blocks[block].holders -= 1
            if blocks[block].holders == 0 { append(block) }
        }
    }

    /// How many blocks would be free if these sequences let go of theirs, beyond those that are.
    func countFreed(by sequences: [[Int]]) -> Int {
        var holders: [Int: Int] = [:]
        for block in sequences.joined() { holders[block, default: 0] += 1 }
        return holders.count { blocks[$0.key].holders == $0.value }
    }

    // MARK: Content

    /// The longest known beginning of `tokens`. Its blocks are not held by that.
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

    /// Says that `block` is full of `tokens`, behind the content `predecessor`. Of several blocks with one content, the
    /// first is the one that is found.
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

    // MARK: The list of blocks that nobody holds

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
