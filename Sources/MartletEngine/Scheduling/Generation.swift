/// One choice of one prompt: its tokens, how many of them the model has computed, and the blocks of their keys and values.
struct Generation {
    /// Identifies a generation within its engine; later ones have larger numbers.
    struct ID: Hashable, Sendable {
        let number: UInt64
    }

    /// What the model is asked for.
    enum Purpose: Sendable {
        /// Tokens that continue the prompt.
        case text
        /// The same, after the log-probabilities of the prompt's own tokens.
        case scoredText
        /// The mean of the prompt's hidden states.
        case embedding
    }

    let id: ID
    /// The request that it is a choice of.
    let request: EngineRequest.ID
    let purpose: Purpose
    /// The prompt and the generated tokens after it.
    private(set) var tokens: [Int]
    let promptCount: Int
    /// The most `tokens` there can be.
    let limit: Int

    /// Tokens from the start whose keys and values are in the cache.
    private(set) var computedCount = 0
    /// Position p is in `blocks[p / blockSize]`.
    private(set) var blocks: [Int] = []
    /// Identifies the content of the full blocks among them.
    private var contentNumber = 0
    private var filledCount = 0
    /// How many tokens were in the cache when the generation was first admitted.
    private(set) var cachedCount: Int?

    /// - Parameter request: nil for a request that consists of this generation alone.
    init(id: ID, _ purpose: Purpose, prompt: [Int], limit: Int, of request: EngineRequest.ID? = nil) {
        self.id = id
        self.request = request ?? EngineRequest.ID(number: id.number)
        self.purpose = purpose
        tokens = prompt
        promptCount = prompt.count
        self.limit = limit
    }

    /// The tokens that are not computed yet: the rest of the prompt, later the latest generated tokens.
    var pending: ArraySlice<Int> { tokens[computedCount...] }

    /// The most generated tokens that are computed in one step as a continuation. A constraint may leave no choice of
    /// several; more of them are computed like a prompt.
    static let maximumRun = 32

    /// Whether all but the latest generated tokens are computed.
    var isDecoding: Bool {
        tokens.count > promptCount && computedCount >= promptCount && pending.count <= Self.maximumRun
    }

    /// Whether the model's output is needed for every pending token, not only for the last.
    var hasOutputAtEachToken: Bool {
        switch purpose {
        case .text: false
        case .scoredText: computedCount < promptCount && !isScored
        case .embedding: true
        }
    }

    /// Whether the prompt's log-probabilities have been reported. A preempted generation does not report them again.
    var isScored = false

    mutating func append(_ token: Int) { tokens.append(token) }

    // MARK: The cache

    /// Reuses the cached prefix of the tokens without the last one, whose logits are needed; reuses nothing where output
    /// is needed for every token.
    mutating func begin(in pool: inout BlockPool) {
        let prefix = hasOutputAtEachToken ? BlockPool.Prefix() : pool.prefix(of: tokens.dropLast())
        pool.retain(prefix.blocks)
        blocks = prefix.blocks
        contentNumber = prefix.number
        filledCount = blocks.count
        computedCount = blocks.count * pool.blockSize
        cachedCount = cachedCount ?? computedCount
    }

    /// How many tokens would have to be computed if it began now.
    func uncachedCount(in pool: BlockPool) -> Int {
        hasOutputAtEachToken
            ? tokens.count : tokens.count - pool.prefix(of: tokens.dropLast()).blocks.count * pool.blockSize
    }

    /// Allocates blocks for `count` more tokens. Returns for how many of them there is room.
    mutating func reserve(_ count: Int, in pool: inout BlockPool) -> Int {
        while blocks.count * pool.blockSize < computedCount + count, let block = pool.allocate() {
            blocks.append(block)
        }
        return min(count, blocks.count * pool.blockSize - computedCount)
    }

    /// Counts tokens that a step has computed, and indexes the blocks that became full.
    mutating func advance(by count: Int, in pool: inout BlockPool) {
        computedCount += count
        while (filledCount + 1) * pool.blockSize <= computedCount {
            let start = filledCount * pool.blockSize
            contentNumber = pool.fill(
                blocks[filledCount], with: tokens[start..<start + pool.blockSize], after: contentNumber)
            filledCount += 1
        }
    }

    /// Releases its blocks. What is still cached when the generation begins again is reused.
    mutating func end(in pool: inout BlockPool) {
        pool.release(blocks)
        blocks = []
        computedCount = 0
    }
}
