import Foundation
import Testing

@testable import MartletToy

struct SamplingTests {
    private let logits: [Float] = [1.0, 3.0, 2.0, 3.0, -1.0, 0.5]

    @Test func `temperature 0 takes the first of the largest and no number`() {
        var generator = SplitMix64(seed: 1)
        var untouched = generator
        #expect(Sampling.greedy.pick(from: logits[...], using: &generator) == 1)
        #expect(Sampling.greedy.pick(from: logits[2...], using: &generator) == 1)
        #expect(generator.next() == untouched.next())
    }

    @Test(arguments: [
        Sampling(temperature: 1, topP: 1), Sampling(temperature: 0.5, topP: 1), Sampling(temperature: 2, topP: 0.9),
    ])
    func `frequencies are the probabilities`(sampling: Sampling) {
        let draws = 10_000
        let expected = probabilities(sampling)
        var counts = [Int](repeating: 0, count: logits.count)
        var generator = SplitMix64(seed: 42)
        for _ in 0..<draws { counts[sampling.pick(from: logits[...], using: &generator)] += 1 }
        for (count, probability) in zip(counts, expected) {
            let deviation = (Double(draws) * probability * (1 - probability)).squareRoot()
            #expect(abs(Double(count) - Double(draws) * probability) <= 4 * deviation)
        }
    }

    @Test func `top_p keeps the smallest set that reaches it, equals by id`() {
        func kept(_ topP: Float) -> [Int] { Sampling(temperature: 1, topP: topP).nucleus(of: logits[...]).map(\.id) }
        // Probabilities: 0.375 for 1 and 3, 0.138 for 2, 0.051 for 0, 0.031 for 5, 0.007 for 4 (rounded up by 1.6 %).
        #expect(kept(0) == [1])
        #expect(kept(0.3) == [1])
        #expect(kept(0.5) == [1, 3])
        #expect(kept(0.8) == [1, 3, 2])
        #expect(kept(0.999) == [1, 3, 2, 0, 5, 4])
        #expect(kept(1) == [0, 1, 2, 3, 4, 5])
    }

    @Test(arguments: [1e-30 as Float, 1e-6, 100, .greatestFiniteMagnitude])
    func `extreme temperatures still choose a token`(temperature: Float) {
        var generator = SplitMix64(seed: 3)
        let picks = (0..<200).map { _ in
            Sampling(temperature: temperature, topP: 0.95).pick(from: logits[...], using: &generator)
        }
        #expect(picks.allSatisfy(logits.indices.contains))
        #expect(temperature > 1 ? Set(picks).count > 3 : Set(picks).isSubset(of: [1, 3]))
    }

    @Test func `logits that are not numbers choose some token`() {
        var generator = SplitMix64(seed: 3)
        let broken = [Float](repeating: .nan, count: 4)
        #expect(broken.indices.contains(Sampling(temperature: 1, topP: 0.5).pick(from: broken[...], using: &generator)))
        #expect(broken.indices.contains(Sampling.greedy.pick(from: broken[...], using: &generator)))
    }

    @Test func `the generator is SplitMix64`() {
        // The first numbers of Vigna's reference implementation for the seed 1234567.
        var generator = SplitMix64(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
        #expect(generator.next() == 9_817_491_932_198_370_423)
        #expect((0..<1000).allSatisfy { _ in (0..<1).contains(generator.nextUnit()) })
    }

    /// Softmax and nucleus as the definitions have them.
    private func probabilities(_ sampling: Sampling) -> [Double] {
        let weights = logits.map { exp(Double($0) / Double(sampling.temperature)) }
        let softmax = weights.map { $0 / weights.reduce(0, +) }
        var kept = Set<Int>()
        for index in softmax.indices.sorted(by: { (softmax[$1], $0) < (softmax[$0], $1) })
        where kept.reduce(0, { $0 + softmax[$1] }) < Double(sampling.topP) {
            kept.insert(index)
        }
        let total = kept.reduce(0) { $0 + softmax[$1] }
        return softmax.enumerated().map { kept.contains($0.offset) ? $0.element / total : 0 }
    }
}
