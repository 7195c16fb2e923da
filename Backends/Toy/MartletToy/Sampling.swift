import CToyKernels

/// How a token is chosen among the logits.
package struct Sampling: Sendable, Equatable {
    /// 0 always takes the largest logit, the first of equals; above, logits are divided by it.
    package var temperature: Float
    /// The smallest set of the most probable tokens whose probabilities reach this is drawn from.
    package var topP: Float

    package static let greedy = Sampling(temperature: 0, topP: 1)

    package init(temperature: Float, topP: Float) {
        self.temperature = temperature
        self.topP = topP
    }

    /// One token. Takes one number from the generator unless it is greedy.
    package func pick(from logits: ArraySlice<Float>, using generator: inout SplitMix64) -> Int {
        guard temperature > 0 else { return Self.largest(logits) }
        let candidates = nucleus(of: logits)
        let total = candidates.reduce(0) { $0 + $1.probability }
        var rest = generator.nextUnit() * total
        for candidate in candidates {
            rest -= candidate.probability
            if rest < 0 { return candidate.id }
        }
        return candidates.last?.id ?? Self.largest(logits)
    }

    /// The tokens that can be chosen at a temperature above 0: in order of ids, or, below a `topP` of 1, the most probable
    /// first and equals by id.
    func nucleus(of logits: ArraySlice<Float>) -> [(id: Int, probability: Double)] {
        var probabilities = Array(logits)
        toy_softmax(&probabilities, min(1 / temperature, 1e30), probabilities.count)

        // All that lies below this together is too little to be needed, and need not be sorted.
        let negligible = topP < 1 ? (1 - topP) / Float(probabilities.count) : 0
        var candidates: [(id: Int, probability: Double)] = []
        for (id, probability) in probabilities.enumerated() where probability >= negligible {
            candidates.append((id, Double(probability)))
        }
        guard topP < 1 else { return candidates }
        candidates.sort { $0.probability != $1.probability ? $0.probability > $1.probability : $0.id < $1.id }
        var reached = 0.0
        let count = candidates.prefix { candidate in
            defer { reached += candidate.probability }
            return reached < Double(topP)
        }.count
        return Array(candidates.prefix(max(count, 1)))
    }

    private static func largest(_ logits: ArraySlice<Float>) -> Int {
        var best = logits.startIndex
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return best - logits.startIndex
    }
}
