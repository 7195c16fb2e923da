import Foundation
import Martlet
import MartletUV
import Testing

@testable import MartletEngine

struct SamplerTests {
    private let logits = Logits(values: [1.0, 3.0, 2.0, 3.0, -1.0, 0.5])

    private func sampler(
        _ parameters: SamplingParameters, alternatives: Int? = nil, prompt: [Int] = [], endTokens: Set<Int> = [],
        seed: UInt64 = 42
    ) -> Sampler {
        Sampler(parameters, alternativeCount: alternatives, prompt: prompt, endTokens: endTokens, seed: seed)
    }

    private func parameters(
        temperature: Double = 0, topP: Double = 1, _ change: (inout SamplingParameters) -> Void = { _ in }
    ) -> SamplingParameters {
        var parameters = SamplingParameters(temperature: temperature, topP: topP)
        change(&parameters)
        return parameters
    }

    @Test func `temperature 0 takes the largest logit, on a tie the lowest id`() {
        var sampler = sampler(parameters())
        #expect((0..<3).map { _ in sampler.choose(from: logits).token } == [1, 1, 1])
    }

    @Test(
        arguments: [(1, 1, 0, 0), (0.5, 1, 0, 0), (2, 0.9, 0, 0), (1, 1, 3, 0), (1, 1, 0, 0.2), (1.5, 0.8, 4, 0.1)]
            as [(Double, Double, Int, Double)])
    func `frequencies are the probabilities`(temperature: Double, topP: Double, topK: Int, minP: Double) {
        let draws = 10_000
        let parameters = parameters(temperature: temperature, topP: topP) {
            $0.topK = topK
            $0.minP = minP
        }
        let expected = probabilities(parameters)
        var counts = [Int](repeating: 0, count: logits.values.count)
        var sampler = sampler(parameters)
        for _ in 0..<draws { counts[sampler.choose(from: logits).token] += 1 }
        for (count, probability) in zip(counts, expected) {
            let deviation = (Double(draws) * probability * (1 - probability)).squareRoot()
            #expect(abs(Double(count) - Double(draws) * probability) <= 4 * deviation)
        }
    }

    @Test func `top_p keeps the smallest set that reaches it, ties by id`() {
        func kept(_ topP: Double) -> [Int] { logits.candidates(temperature: 1, topP: topP).map(\.token) }
        // Probabilities: 0.375 for 1 and 3, 0.138 for 2, 0.051 for 0, 0.031 for 5, 0.007 for 4 (rounded up by 1.6 %).
        #expect(kept(0) == [1])
        #expect(kept(0.3) == [1])
        #expect(kept(0.5) == [1, 3])
        #expect(kept(0.8) == [1, 3, 2])
        #expect(kept(0.999) == [1, 3, 2, 0, 5, 4])
        #expect(kept(1) == [0, 1, 2, 3, 4, 5])
    }

    @Test func `typical_p keeps tokens whose information is close to the entropy`() {
        // 0.5, 0.25, 0.125, 0.0625, 0.0625: 1.875 bits on average, so that 2 bits come first, then 1, 3 and 4.
        let weights = [0.5, 0.25, 0.125, 0.0625, 0.0625].enumerated().map {
            Logits.Candidate(token: $0.offset, weight: $0.element * 7)
        }
        func kept(_ share: Double) -> [Int] { weights.typical(share).map(\.token) }
        #expect(kept(0) == [1])
        #expect(kept(0.2) == [1])
        #expect(kept(0.3) == [0, 1])
        #expect(kept(0.8) == [0, 1, 2])
        #expect(kept(0.9) == [0, 1, 2, 3])
        #expect(kept(1) == [0, 1, 2, 3, 4])
        #expect([Logits.Candidate]().typical(0.5).isEmpty)
    }

    @Test func `top_k keeps the likeliest, and all that tie with the last`() {
        func kept(_ topK: Int) -> [Int] { logits.candidates(temperature: 1, topK: topK).map(\.token) }
        #expect(kept(1) == [1, 3])
        #expect(kept(3) == [1, 2, 3])
        #expect(kept(6) == [0, 1, 2, 3, 4, 5])
        #expect(kept(100) == kept(0))
    }

    @Test(arguments: [1e-30, 1e-6, 100, 1e30])
    func `extreme temperatures still choose a token`(temperature: Double) {
        var sampler = sampler(parameters(temperature: temperature, topP: 0.95))
        let picks = (0..<200).map { _ in sampler.choose(from: logits).token }
        #expect(picks.allSatisfy(logits.values.indices.contains))
        #expect(temperature > 1 ? Set(picks).count > 3 : Set(picks).isSubset(of: [1, 3]))
    }

    @Test func `NaN logits still choose a token`() {
        let broken = Logits(values: [Float](repeating: .nan, count: 40))
        for temperature in [0, 1] as [Double] {
            var sampler = sampler(parameters(temperature: temperature, topP: 0.5), alternatives: 2)
            #expect(broken.values.indices.contains(sampler.choose(from: broken).token))
        }
    }

    @Test func `a bias forces a token or bans it`() {
        var forced = sampler(parameters { $0.logitBias = [4: 100] })
        #expect(forced.choose(from: logits).token == 4)
        var banned = sampler(parameters { $0.logitBias = [1: -100, 3: -100, 99: 100] })
        #expect(banned.choose(from: logits).token == 2)
    }

    @Test func `penalties favour tokens that have not occurred`() {
        var frequency = sampler(parameters { $0.frequencyPenalty = 0.6 })
        #expect((0..<5).map { _ in frequency.choose(from: logits).token } == [1, 3, 1, 3, 2])
        var presence = sampler(parameters { $0.presencePenalty = 1.5 })
        #expect((0..<5).map { _ in presence.choose(from: logits).token } == [1, 3, 2, 1, 1])
        var repetition = sampler(parameters { $0.repetitionPenalty = 4 }, prompt: [1])
        #expect((0..<3).map { _ in repetition.choose(from: logits).token } == [3, 2, 0])
    }

    @Test func `no end token is chosen before min_tokens`() {
        var sampler = sampler(
            parameters {
                $0.minTokens = 2
                $0.stopTokenIDs = [3]
            }, endTokens: [1])
        #expect((0..<3).map { _ in sampler.choose(from: logits).token } == [2, 2, 1])
    }

    @Test func `log-probabilities are those of the distribution that was drawn from`() {
        for temperature in [0, 0.7, 1] as [Double] {
            let parameters = parameters(temperature: temperature, topP: temperature == 1 ? 0.8 : 1)
            var sampler = sampler(parameters, alternatives: 3)
            let choice = sampler.choose(from: logits)
            var expected = parameters
            if temperature == 0 { expected.temperature = 1 }
            let probabilities = probabilities(expected)
            #expect(choice.alternatives.map(\.token) == [1, 3, 2])
            for (token, logprob) in choice.alternatives + [(choice.token, choice.logprob ?? 0)] {
                #expect(abs(Double(logprob) - log(probabilities[token])) < 1e-5)
            }
        }
    }

    @Test func `alternatives in a large vocabulary are those that sorting finds`() {
        var generator = SplitMix64(seed: 5)
        let values = (0..<5000).map { _ in Float(generator.nextUnit() * 20).rounded() / 2 }
        let logits = Logits(values: values)
        let sorted = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
        for count in [0, 1, 5, 20, 5000] { #expect(logits.top(count) == Array(sorted.prefix(count))) }
        #expect(logits.largest == sorted[0])
        let weights = logits.weights(temperature: 0.5)
        for (value, weight) in zip(values, weights) {
            #expect(abs(Double(weight) - exp(Double(value - logits.maximum) / 0.5)) < 1e-6)
        }
    }

    @Test func `the generator is SplitMix64`() {
        // The first numbers of Vigna's reference implementation for the seed 1234567.
        var generator = SplitMix64(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
        #expect(generator.next() == 9_817_491_932_198_370_423)
        #expect((0..<1000).allSatisfy { _ in (0..<1).contains(generator.nextUnit()) })
    }

    /// Softmax, then the limits, straight from their definitions.
    private func probabilities(_ parameters: SamplingParameters) -> [Double] {
        let weights = logits.values.map { exp(Double($0) / parameters.temperature) }
        let softmax = weights.map { $0 / weights.reduce(0, +) }
        let order = softmax.indices.sorted { (softmax[$1], $0) < (softmax[$0], $1) }
        var left = order.filter { softmax[$0] >= parameters.minP * softmax[order[0]] }
        if parameters.topK > 0 {
            let least = softmax[left.prefix(parameters.topK).last ?? 0]
            left = left.filter { softmax[$0] >= least }
        }
        let sum = left.reduce(0) { $0 + softmax[$1] }
        var kept = Set<Int>()
        for index in left where kept.reduce(0, { $0 + softmax[$1] }) < parameters.topP * sum { kept.insert(index) }
        let total = kept.reduce(0) { $0 + softmax[$1] }
        return softmax.enumerated().map { kept.contains($0.offset) ? $0.element / total : 0 }
    }
}
