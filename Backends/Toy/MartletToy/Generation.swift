/// All there is to one generation.
struct Generation {
    let id: JobID
    /// The prompt and what was generated after it.
    private(set) var tokens: [Int]
    /// How many `tokens` there can be: what was asked for, or what fits.
    private let limit: Int
    private let sampling: Sampling
    private var generator: SplitMix64
    /// Keys and values of the first `cache.count` tokens.
    let cache: KVCache

    init(
        id: JobID, prompt: TokenPrompt, sampling: Sampling, seed: UInt64, maximumTokens: Int?,
        in configuration: GPT2Configuration
    ) {
        self.id = id
        tokens = prompt.ids
        let room = configuration.contextLength - prompt.ids.count
        limit = prompt.ids.count + max(1, min(maximumTokens ?? room, room))
        self.sampling = sampling
        generator = SplitMix64(seed: seed)
        cache = KVCache(configuration)
    }

    /// The tokens that the model has not seen: the rest of the prompt, later the one that was generated last.
    var pending: ArraySlice<Int> { tokens[cache.count...] }

    /// Chooses the next token once the model has seen all of them.
    mutating func advance(with logits: ArraySlice<Float>, endIDs: Set<Int>) -> StepResult {
        let token = sampling.pick(from: logits, using: &generator)
        tokens.append(token)
        return .token(id, token, end: endIDs.contains(token) ? .stop : tokens.count >= limit ? .length : nil)
    }
}
