/// All there is to one choice of one prompt: its tokens, how far the model has seen them, and where their keys and
/// values are.
struct Generation {
    /// What the model is asked for.
    enum Purpose: Sendable {
        /// Tokens that go on with the prompt.
        case text
        /// The same, and first the log-probabilities of the prompt's own tokens.
        case scoredText
        /// The mean of the prompt's hidden states.
        case embedding
    }

    let id: GenerationID
    /// What it is a choice of.
    let request: RequestID
    let purpose: Purpose
    /// The prompt and what was generated after it.
    private(set) var tokens: [Int]
    let promptCount: Int
    /// How many `tokens` there can be.
    let limit: Int

    /// Tokens whose keys and values the cache has, from the first on.
    private(set) var computedCount = 0
    /// Where they are: position p in `blocks[p / blockSize]`.
    private(set) var blocks: [Int] = []
    /// Names the content of the full ones among them.
    private var contentNumber = 0
    private var filledCount = 0
    /// How many tokens the cache had when the generation was first admitted.
    private(set) var cachedCount: Int?

    /// - Parameter request: nil for one of its own.
    init(id: GenerationID, _ purpose: Purpose, prompt: [Int], limit: Int, of request: RequestID? = nil) {
        self.id = id
        self.request = request ?? RequestID(number: id.number)
        self.purpose = purpose
        tokens = prompt
        promptCount = prompt.count
        self.limit = limit
    }

    /// The tokens that the model has not seen: the rest of the prompt, later the one that was generated last.
    var pending: ArraySlice<Int> { tokens[computedCount...] }

    /// Whether the model has seen all but the token that was generated last.
    var isDecoding: Bool { tokens.count > promptCount && pending.count == 1 }

    /// Whether the model's results are wanted for every token of the pending ones.
    var hasOutputAtEachToken: Bool {
        switch purpose {
        case .text: false
        case .scoredText: computedCount < promptCount && !isScored
        case .embedding: true
        }
    }

    /// Whether the prompt's log-probabilities have been told: a preempted generation does not tell them again.
    var isScored = false

    mutating func append(_ token: Int) { tokens.append(token) }

    // MARK: The cache

    /// Takes over what the cache has of the tokens, but for the last one, whose logits are wanted; nothing, where
    /// something is wanted of each of them.
    mutating func begin(in pool: inout BlockPool) {
        let prefix = hasOutputAtEachToken ? BlockPool.Prefix() : pool.prefix(of: tokens.dropLast())
        pool.retain(prefix.blocks)
        blocks = prefix.blocks
        contentNumber = prefix.number
        filledCount = blocks.count
        computedCount = blocks.count * pool.blockSize
        cachedCount = cachedCount ?? computedCount
    }

    /// How many of the tokens would have to be computed if it began now.
    func uncachedCount(in pool: BlockPool) -> Int {
        hasOutputAtEachToken
            ? tokens.count : tokens.count - pool.prefix(of: tokens.dropLast()).blocks.count * pool.blockSize
    }

    /// Makes room for so many more tokens. Returns for how many there is room.
    mutating func reserve(_ count: Int, in pool: inout BlockPool) -> Int {
        while blocks.count * pool.blockSize < computedCount + count, let block = pool.allocate() {
            blocks.append(block)
        }
        return min(count, blocks.count * pool.blockSize - computedCount)
    }

    /// Counts tokens that a step has computed, and makes the blocks that they have filled known.
    mutating func advance(by count: Int, in pool: inout BlockPool) {
        computedCount += count
        while (filledCount + 1) * pool.blockSize <= computedCount {
            let start = filledCount * pool.blockSize
            contentNumber = pool.fill(
                blocks[filledCount], with: tokens[start..<start + pool.blockSize], after: contentNumber)
            filledCount += 1
        }
    }

    /// Lets go of the cache; what is still there when the generation begins again is taken over.
    mutating func end(in pool: inout BlockPool) {
        pool.release(blocks)
        blocks = []
        computedCount = 0
    }
}
