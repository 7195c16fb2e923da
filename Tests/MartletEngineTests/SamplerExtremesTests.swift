import Martlet
import MartletConstraint
import MartletUV
import Testing

@testable import MartletEngine

/// The ends of every parameter's range, and values that only a program can set, in all combinations.
struct SamplerExtremesTests {
    private let logits = Logits(values: [60, 59.9, -60, 0, 1e-30, 12])

    private func pick<Value>(_ values: [Value], with generator: inout SplitMix64) -> Value {
        values[Int(generator.next() % UInt64(values.count))]
    }

    private func parameters(_ generator: inout SplitMix64) -> SamplingParameters {
        var parameters = SamplingParameters(
            temperature: pick([0, 1e-300, 1e-200, 1e-30, 1, 2], with: &generator),
            topP: pick([0, 1e-300, 0.5, 1], with: &generator))
        parameters.topK = pick([0, 1, 3, .max], with: &generator)
        parameters.minP = pick([0, 1e-300, 1], with: &generator)
        parameters.typicalP = pick([0, 1e-300, 1], with: &generator)
        parameters.frequencyPenalty = pick([-2, 0, 2], with: &generator)
        parameters.presencePenalty = pick([-2, 0, 2], with: &generator)
        parameters.repetitionPenalty = pick([0, 1e-300, 1e-38, 0.01, 1, 100, 1e300, .infinity], with: &generator)
        let bias = pick([-100, 0, 100] as [Double], with: &generator)
        let biases: [[Int: Double]] = [[:], [0: bias, 5: -bias], [1: bias]]
        parameters.logitBias = pick(biases, with: &generator)
        parameters.minTokens = pick([0, 2, .max], with: &generator)
        parameters.stopTokenIDs = pick([[], [5], [0, 1]], with: &generator)
        return parameters
    }

    @Test func `every mixture of extreme parameters gives a token with its probability`() {
        var generator = SplitMix64(seed: 3)
        for _ in 0..<4000 {
            let parameters = parameters(&generator)
            var sampler = Sampler(
                parameters, alternativeCount: 3, prompt: [0, 2, 3, 4], endTokens: [5], seed: generator.next())
            for round in 0..<4 {
                let choice = sampler.choose(from: logits)
                let logprobs = [choice.logprob ?? .nan] + choice.alternatives.map(\.logprob)
                // Rounding may put a certain token a hair above a probability of 1.
                let isSound = logprobs.allSatisfy { $0 <= 1e-5 } && choice.logprob != -.infinity
                guard logits.values.indices.contains(choice.token), isSound else {
                    Issue.record("\(choice) in round \(round) of \(parameters)")
                    return
                }
            }
        }
    }

    @Test(arguments: [0, 1] as [Double])
    func `where no token is possible, one is chosen without a probability`(temperature: Double) {
        var parameters = SamplingParameters(temperature: temperature)
        parameters.minTokens = 1
        var sampler = Sampler(
            parameters, alternativeCount: 2, prompt: [], endTokens: Set(logits.values.indices), seed: 1)
        let choice = sampler.choose(from: logits)
        #expect(logits.values.indices.contains(choice.token))
        #expect(choice.logprob == nil && choice.alternatives.isEmpty)
    }

    @Test(arguments: [-Float.infinity, .nan, -3e38, .infinity], [0, 1.5])
    func `a token that a mask allows is chosen with any logit`(logit: Float, temperature: Double) throws {
        let vocabulary = TokenVocabulary(tokens: "abcd".utf8.map { [$0] } + [nil], endTokens: [4])
        var matcher = try Constraint(.regex("[ab]")).matcher(for: vocabulary)
        var mask = TokenMask(count: 0)
        try matcher.allowed(into: &mask)
        for seed in 0..<20 {
            var sampler = Sampler(
                SamplingParameters(temperature: temperature), alternativeCount: 3, prompt: [], endTokens: [4],
                seed: UInt64(seed))
            let chosen = sampler.choose(from: Logits(values: [logit, logit, 5, .infinity, 5]), allowing: mask)
            #expect(chosen.token < 2 && chosen.alternatives.allSatisfy { $0.token < 2 })
        }
    }
}
