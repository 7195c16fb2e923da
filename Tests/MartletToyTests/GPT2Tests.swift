import Foundation
import Testing

@testable import MartletToy

struct GPT2Tests {
    private let network = Fixture.model.network

    @Test(arguments: Fixture.references)
    func `logits are those of transformers`(reference: Reference) throws {
        let logits = network.logits(hidden(reference.ids))
        let vocabulary = network.configuration.vocabularySize
        let last = logits.suffix(vocabulary)
        #expect(reference.topLogits.count == 8)
        for (id, logit) in reference.topLogits {
            #expect(abs(Double(last[last.startIndex + id]) - logit) < 1e-3)
        }
        #expect(reference.logProbabilities.count == reference.ids.count - 1)
        for (position, expected) in reference.logProbabilities.enumerated() {
            let row = logits[position * vocabulary..<(position + 1) * vocabulary].map(Double.init)
            let top = row.max() ?? 0
            let logSum = top + log(row.reduce(0) { $0 + exp($1 - top) })
            #expect(abs(row[reference.ids[position + 1]] - logSum - expected) < 1e-3)
        }
    }

    @Test func `a sequence gives the same bits however it is cut`() throws {
        let ids = (0..<150).map { ($0 * 37 + 11) % network.configuration.vocabularySize }
        let whole = hidden(ids)
        #expect(whole.count == 150 * network.configuration.width)
        for size in [1, 3, 5, 7, 16, 17, 149] {
            let cache = KVCache(network.configuration)
            var pieces: [Float] = []
            while cache.count < ids.count {
                pieces += network.forward([GPT2.Segment(ids[cache.count...].prefix(size), cache)])
            }
            #expect(pieces == whole, "in pieces of \(size)")
        }
    }

    @Test func `neighbours in a pass do not change a bit`() {
        let sequences = (1...9).map { n in (0..<n * 3).map { ($0 * n * 7 + n) % 1680 } }
        let together = network.forward(
            sequences.map { GPT2.Segment($0[...], KVCache(network.configuration)) })
        #expect(together == sequences.flatMap { hidden($0) })
        #expect(network.logits(together) == sequences.flatMap { network.logits(hidden($0)) })
    }

    @Test(arguments: [
        TinyModel(), TinyModel(width: 36, heads: 2), TinyModel(width: 70, heads: 1), TinyModel(width: 8, heads: 8),
        TinyModel(activation: "gelu"),
    ])
    func `models of odd shapes compute what the definition says`(tiny: TinyModel) throws {
        let network = try tiny.network()
        let ids = (0..<tiny.context).map { ($0 * 5 + 1) % tiny.vocabulary }
        let expected = tiny.logits(ids).flatMap(\.self)
        let cache = KVCache(network.configuration)
        let actual = network.logits(network.forward([GPT2.Segment(ids[...], cache)]))
        #expect(actual.count == expected.count)
        #expect(zip(actual, expected).allSatisfy { abs(Double($0) - $1) < 1e-3 })
    }

    @Test func `a cache grows by pages of 16 positions`() {
        let cache = KVCache(network.configuration)
        #expect(cache.capacity == 0)
        _ = network.forward([GPT2.Segment([1, 2, 3], cache)])
        #expect(cache.count == 3)
        #expect(cache.capacity == 16)
        _ = network.forward([GPT2.Segment(ArraySlice(repeating: 4, count: 14), cache)])
        #expect(cache.count == 17)
        #expect(cache.capacity == 32)
    }

    private func hidden(_ ids: [Int]) -> [Float] {
        network.forward([GPT2.Segment(ids[...], KVCache(network.configuration))])
    }
}
