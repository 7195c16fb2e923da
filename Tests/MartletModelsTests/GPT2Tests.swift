import Foundation
import MartletJSON
import MartletTestSupport
import Testing

@testable import MartletEngine
@testable import MartletModels

struct GPT2Tests {
    private let network = Fixture.model.network
    private let workspace = Workspace(threads: 2)

    @Test(arguments: Fixture.references)
    func `logits are those of transformers`(reference: Reference) throws {
        let logits = network.logits(hidden(reference.ids), workspace)
        let vocabulary = network.configuration.vocabularySize
        let last = logits.suffix(vocabulary)
        #expect(reference.topLogits.count == 8)
        for (id, logit) in reference.topLogits {
            #expect(abs(Double(last[last.startIndex + id]) - logit) < 1e-4)
        }
        #expect(reference.logProbabilities.count == reference.ids.count - 1)
        for (position, expected) in reference.logProbabilities.enumerated() {
            let row = logits[position * vocabulary..<(position + 1) * vocabulary].map(Double.init)
            let top = row.max() ?? 0
            let logSum = top + log(row.reduce(0) { $0 + exp($1 - top) })
            #expect(abs(row[reference.ids[position + 1]] - logSum - expected) < 1e-4)
        }
    }

    @Test func `logits of random models are those of transformers`() throws {
        let references = try #require(Fixture.json("random-logits.json").array)
        #expect(references.count == 3)
        for reference in references {
            let model = try #require(reference.object)
            let width = try #require(model["width"]?.number?.int)
            let heads = try #require(model["heads"]?.number?.int)
            let activation = try #require(model["activation"]?.string)
            let tiny = TinyModel(width: width, heads: heads, activation: activation, isTied: model["tied"] == true)
            let expected = model["logits"]?.array?.compactMap { $0.number?.double } ?? []
            let ids = (0..<tiny.context).map { ($0 * 5 + 1) % tiny.vocabulary }
            let network = try tiny.network()
            let cache = KVCache(network.cacheShape, blockCount: 2)
            let segment = GPT2.Segment(ids[...], start: 0, blocks: [0, 1])
            let actual = network.logits(network.forward([segment], cache, workspace), workspace)
            #expect(actual.count == expected.count)
            #expect(zip(actual, expected).allSatisfy { abs(Double($0) - $1) < 1e-4 })
        }
    }

    @Test(arguments: [(WeightFormat.f16, 0.99), (.q8, 0.97)])
    func `smaller weights choose the same tokens`(format: WeightFormat, share: Double) throws {
        let small = try GPT2Model(folder: Fixture.folder, weights: format).network
        var same = 0
        // 512 steps: each sequence continues with the tokens that F32 chooses.
        for reference in Fixture.references.prefix(8) {
            let ids = continuation(of: reference.ids, count: 64)
            let cache = KVCache(small.cacheShape, blockCount: blockCount(ids))
            let steps = reference.ids.count - 1..<ids.count - 1
            same += zip(likeliest(small, ids[...], cache)[steps], ids[reference.ids.count...]).count { $0 == $1 }
        }
        #expect(Double(same) >= share * 512, "\(same) of 512")
    }

    /// The ids and the tokens that F32 continues them with, one after the other.
    private func continuation(of ids: [Int], count: Int) -> [Int] {
        let cache = KVCache(network.cacheShape, blockCount: blockCount(ids) + (count + 15) / 16)
        var result = ids
        var start = 0
        for _ in 0..<count {
            let next = likeliest(network, result[start...], cache).last ?? 0
            start = result.count
            result.append(next)
        }
        return result
    }

    private func blockCount(_ ids: [Int]) -> Int { (ids.count + 15) / 16 }

    /// The likeliest token after each; the cache has those before them.
    private func likeliest(_ network: GPT2, _ ids: ArraySlice<Int>, _ cache: KVCache) -> [Int] {
        let blocks = Array(0..<(ids.endIndex + 15) / 16)
        let segment = GPT2.Segment(ids, start: ids.startIndex, blocks: blocks)
        let logits = network.logits(network.forward([segment], cache, workspace), workspace)
        let vocabulary = network.configuration.vocabularySize
        return ids.indices.map { index in
            let row = index - ids.startIndex
            return Logits(values: Array(logits[row * vocabulary..<(row + 1) * vocabulary])).largest
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `a sequence gives the same bits however it is cut into passes`(format: WeightFormat) throws {
        let network = try GPT2Model(folder: Fixture.folder, weights: format).network
        let ids = (0..<150).map { ($0 * 37 + 11) % network.configuration.vocabularySize }
        let whole = hidden(ids, network)
        #expect(whole.count == 150 * network.configuration.width)
        for size in [1, 3, 5, 7, 16, 17, 149] {
            let cache = KVCache(network.cacheShape, blockCount: 10)
            var pieces: [Float] = []
            for start in stride(from: 0, to: ids.count, by: size) {
                let segment = GPT2.Segment(
                    ids[start...].prefix(size), start: start, blocks: [7, 1, 9, 0, 2, 3, 8, 4, 6, 5])
                pieces += network.forward([segment], cache, workspace)
            }
            #expect(pieces == whole, "in pieces of \(size)")
        }
    }

    @Test(arguments: WeightFormat.allCases)
    func `other sequences in a pass do not change a bit`(format: WeightFormat) throws {
        let network = try GPT2Model(folder: Fixture.folder, weights: format).network
        let sequences = (1...9).map { n in (0..<n * 3).map { ($0 * n * 7 + n) % network.configuration.vocabularySize } }
        let cache = KVCache(network.cacheShape, blockCount: 18)
        let segments = sequences.enumerated().map { n, ids in
            GPT2.Segment(ids[...], start: 0, blocks: [2 * n, 2 * n + 1])
        }
        let together = network.forward(segments, cache, workspace)
        let alone = sequences.map { hidden($0, network) }
        #expect(together == alone.flatMap(\.self))
        #expect(network.logits(together, workspace) == alone.flatMap { network.logits($0, workspace) })
    }

    @Test(.timeLimit(.minutes(2)))
    func `workspaces that share threads compute at the same time what each computes alone`() async {
        let ids = (0..<20).map { ($0 * 37 + 11) % network.configuration.vocabularySize }
        let expected = network.logits(hidden(ids), workspace)
        let pool = KernelPool(threads: 2)
        await withTaskGroup { group in
            for _ in 0..<3 {
                group.addTask { [network] in
                    let workspace = Workspace(pool)
                    let cache = KVCache(network.cacheShape, blockCount: 2)
                    let segment = GPT2.Segment(ids[...], start: 0, blocks: [0, 1])
                    return (0..<20).allSatisfy { _ in
                        network.logits(network.forward([segment], cache, workspace), workspace) == expected
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test(arguments: [
        TinyModel(), TinyModel(width: 36, heads: 2), TinyModel(width: 70, heads: 1), TinyModel(width: 8, heads: 8),
        TinyModel(activation: "gelu"), TinyModel(isTied: false),
    ])
    func `models of odd shapes compute what the definition gives`(tiny: TinyModel) throws {
        let network = try tiny.network()
        let ids = (0..<tiny.context).map { ($0 * 5 + 1) % tiny.vocabulary }
        let expected = tiny.logits(ids).flatMap(\.self)
        let cache = KVCache(network.cacheShape, blockCount: 2)
        let segment = GPT2.Segment(ids[...], start: 0, blocks: [1, 0])
        let actual = network.logits(network.forward([segment], cache, workspace), workspace)
        #expect(actual.count == expected.count)
        #expect(zip(actual, expected).allSatisfy { abs(Double($0) - $1) < 1e-3 })
    }

    private func hidden(_ ids: [Int], _ network: GPT2? = nil) -> [Float] {
        let network = network ?? self.network
        let blocks = Array(0..<(ids.count + 15) / 16)
        let cache = KVCache(network.cacheShape, blockCount: blocks.count)
        return network.forward([GPT2.Segment(ids[...], start: 0, blocks: blocks)], cache, workspace)
    }
}
