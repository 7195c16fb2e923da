/// Inputs to embed: the mean over an input's positions of the final layer norm's output, L2-normalised.
struct EmbeddingJob {
    /// A run of one input's tokens, in one step.
    struct Piece {
        let input: Int
        let segment: GPT2.Segment
        let endsInput: Bool
    }

    let id: JobID
    private let inputs: [TokenPrompt]
    private let configuration: GPT2Configuration
    /// The input that is next, or under way.
    private var input = 0
    /// Keys and values of that input's tokens so far.
    private var cache: KVCache
    /// The sum of their hidden states [d].
    private var sum: [Float]

    init(id: JobID, inputs: [TokenPrompt], in configuration: GPT2Configuration) {
        self.id = id
        self.inputs = inputs
        self.configuration = configuration
        cache = KVCache(configuration)
        sum = [Float](repeating: 0, count: configuration.width)
    }

    var isFinished: Bool { input == inputs.count }

    /// The next `budget` tokens or fewer, of as many inputs as they reach.
    func pieces(budget: Int) -> [Piece] {
        var pieces: [Piece] = []
        var budget = budget
        var input = input
        var cache = cache
        while input < inputs.count, budget > 0 {
            let tokens = inputs[input].ids[cache.count...]
            let segment = GPT2.Segment(tokens.prefix(budget), cache)
            pieces.append(Piece(input: input, segment: segment, endsInput: tokens.count <= budget))
            budget -= segment.tokens.count
            input += 1
            cache = KVCache(configuration)
        }
        return pieces
    }

    /// Adds up the hidden states [tokens, d] of a piece; its input's vector [d] when it is complete.
    mutating func add(_ hidden: ArraySlice<Float>, of piece: Piece) -> StepResult? {
        for (index, value) in hidden.enumerated() { sum[index % configuration.width] += value }
        cache = piece.segment.cache
        guard piece.endsInput else { return nil }

        let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let vector = length > 0 ? sum.map { $0 / length } : sum
        input += 1
        cache = KVCache(configuration)
        sum = [Float](repeating: 0, count: configuration.width)
        return .embedding(id, input: piece.input, vector: vector)
    }
}
