internal import Martlet
internal import MartletConstraint
internal import MartletUV

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Chooses the tokens of one generation.
///
/// The transforms are applied in this order: logit bias, repetition, frequency and presence penalties, end tokens masked
/// until `minTokens` are reached, the mask of a constraint, temperature, `minP`, `topK`, `topP`; then `typicalP`, which vLLM
/// does not have, last as in Hugging Face. Pure: the seed, the logits and the masks determine every token.
struct Sampler {
    private let parameters: SamplingParameters
    /// How many alternatives are reported with each token; nil for none, and no log-probability.
    private let alternativeCount: Int?
    /// The model's own.
    private let endTokens: Set<Int>
    private var generator: SplitMix64
    /// The prompt's tokens, where the repetition penalty needs them.
    private let promptTokens: Set<Int>
    /// How often each token was chosen.
    private var counts: [Int: Int] = [:]
    private var chosenCount = 0

    init(_ parameters: SamplingParameters, alternativeCount: Int?, prompt: [Int], endTokens: Set<Int>, seed: UInt64) {
        self.parameters = parameters
        self.alternativeCount = alternativeCount
        self.endTokens = endTokens
        generator = SplitMix64(seed: seed)
        promptTokens = parameters.repetitionPenalty == 1 ? [] : Set(prompt)
    }

    /// The same for another choice, if nothing has been chosen yet. Copies share the prompt's tokens.
    func seeded(_ seed: UInt64) -> Sampler {
        var sampler = self
        sampler.generator = SplitMix64(seed: seed)
        return sampler
    }

    /// The next token, from the logits after the last one. Its log-probability is that of the distribution it was drawn
    /// from; at temperature 0, of the distribution at temperature 1. Draws one random number unless it is greedy.
    ///
    /// - Parameter mask: The tokens that a constraint allows, at least one; nil for all.
    mutating func choose(from logits: Logits, allowing mask: TokenMask? = nil) -> SampledToken {
        var logits = logits
        adjust(&logits)
        apply(mask, to: &logits)
        var sampled =
            parameters.temperature > 0 ? draw(from: logits) : logits.score(logits.largest, among: alternativeCount)
        if let mask { sampled.alternatives.removeAll { !mask.contains($0.token) || $0.logprob == -.infinity } }
        record(sampled.token)
        return sampled
    }

    /// The next token where there is no choice. Draws no random number.
    mutating func take(_ token: Int) -> SampledToken {
        record(token)
        guard let alternativeCount else { return SampledToken(token: token) }
        let only: [(token: Int, logprob: Float)] = [(token, 0)]
        return SampledToken(token: token, logprob: 0, alternatives: alternativeCount > 0 ? only : [])
    }

    private mutating func record(_ token: Int) {
        counts[token, default: 0] += 1
        chosenCount += 1
    }

    /// Excludes tokens that must not come. What a constraint allows is never excluded altogether: where all of it would end
    /// the text too early, it may.
    private func apply(_ mask: TokenMask?, to logits: inout Logits) {
        let isEarly = chosenCount < parameters.minTokens
        var excluded: Set<Int> = isEarly ? endTokens.union(parameters.stopTokenIDs) : []
        // Without a constraint, an end token that is ignored is a token like others.
        if mask != nil, parameters.ignoresEndOfText { excluded.formUnion(endTokens) }
        if let mask, !excluded.isEmpty, excluded.count(where: mask.contains) == mask.allowedCount { excluded = [] }
        for token in excluded where logits.values.indices.contains(token) { logits.values[token] = -.infinity }
        guard let mask else { return }
        logits.exclude(allBut: mask)
        // The model itself rules out all that is allowed.
        if logits.maximum == -.infinity {
            for token in mask.ids where logits.values.indices.contains(token) && !excluded.contains(token) {
                logits.values[token] = 0
            }
        }
    }

    private func adjust(_ logits: inout Logits) {
        for (token, bias) in parameters.logitBias where logits.values.indices.contains(token) {
            logits.values[token] += Float(bias)
        }
        if parameters.repetitionPenalty != 1 {
            // Clamped to the range that requests may have, also for callers without one: beyond it logits become infinite.
            let penalty = Float(min(max(parameters.repetitionPenalty, 0.01), 100))
            for token in promptTokens.union(counts.keys) {
                logits.values[token] *= logits.values[token] > 0 ? 1 / penalty : penalty
            }
        }
        guard parameters.frequencyPenalty != 0 || parameters.presencePenalty != 0 else { return }
        for (token, count) in counts {
            logits.values[token] -= Float(parameters.frequencyPenalty * Double(count) + parameters.presencePenalty)
        }
    }

    private mutating func draw(from logits: Logits) -> SampledToken {
        let candidates = logits.candidates(
            temperature: Float(parameters.temperature), topK: parameters.topK, topP: parameters.topP,
            minP: parameters.minP
        ).typical(parameters.typicalP)
        let total = candidates.reduce(0) { $0 + $1.weight }
        var rest = generator.nextUnit() * total
        let drawn = candidates.first { candidate in
            rest -= candidate.weight
            return rest < 0
        }
        // Rounding may leave a remainder after the last candidate. A token of weight 0 is never chosen.
        guard let chosen = drawn ?? candidates.last(where: { $0.weight > 0 }) else {
            return SampledToken(token: logits.largest)
        }
        guard let alternativeCount else { return SampledToken(token: chosen.token) }
        // All of the vocabulary may be candidates; a few of them do not need a full sort.
        let least = Logits.smallest(ofLargest: alternativeCount, in: candidates.map { Float($0.weight) })
        let likeliest = candidates.filter { Float($0.weight) >= least }
            .sorted { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
        return SampledToken(
            token: chosen.token, logprob: Float(log(chosen.weight / total)),
            alternatives: likeliest.prefix(alternativeCount).map { ($0.token, Float(log($0.weight / total))) })
    }
}

extension [Logits.Candidate] {
    /// The most typical of the candidates, the fewest that reach `share` of the total weight, in their order. All of them
    /// for a share of 1.
    func typical(_ share: Double) -> [Logits.Candidate] {
        let total = reduce(0) { $0 + $1.weight }
        guard share < 1, total > 0 else { return self }
        let information = map { -log($0.weight / total) }
        let entropy = zip(self, information).reduce(0) { $0 + ($1.0.weight > 0 ? $1.0.weight / total * $1.1 : 0) }
        let order = indices.sorted {
            let (left, right) = (abs(information[$0] - entropy), abs(information[$1] - entropy))
            return left != right ? left < right : $0 < $1
        }
        var reached = 0.0
        let kept = order.prefix { index in
            defer { reached += self[index].weight }
            return reached < share * total
        }
        return (kept.isEmpty ? order.prefix(1) : kept).sorted().map { self[$0] }
    }
}
