import MartletUV
import Testing

@testable import MartletGateway

struct PrefixIndexTests {
    @Test func `a match is as long as what was sent there`() {
        var index = PrefixIndex(blocksPerUpstream: 10)
        index.insert([1, 2, 3], upstream: 0)
        index.insert([1, 2, 9, 10], upstream: 4)
        #expect(index.matchLength(of: [1, 2, 3, 4], upstream: 0) == 3)
        #expect(index.matchLength(of: [1, 2, 3, 4], upstream: 4) == 2)
        #expect(index.matchLength(of: [1, 2, 3, 4], upstream: 1) == 0)
        #expect(index.matchLength(of: [5, 20, 30], upstream: 0) == 0)
        #expect(index.matchLength(of: [], upstream: 0) == 0)
    }

    @Test func `the end of what was used longest ago is forgotten first`() {
        var index = PrefixIndex(blocksPerUpstream: 5)
        index.insert([1, 2, 3], upstream: 0)
        index.insert([1, 20, 30], upstream: 0)
        #expect(index.blockCount(of: 0) == 5)
        index.insert([1, 20, 30, 40], upstream: 0)
        #expect(index.matchLength(of: [1, 2, 3], upstream: 0) == 2)
        #expect(index.matchLength(of: [1, 20, 30, 40], upstream: 0) == 4)
        index.insert([7], upstream: 0)
        #expect(index.matchLength(of: [1, 2, 3], upstream: 0) == 1)
    }

    @Test func `of a prompt with more blocks than are remembered, the first are`() {
        var index = PrefixIndex(blocksPerUpstream: 3)
        index.insert([1, 2, 3, 4, 5], upstream: 0)
        #expect(index.matchLength(of: [1, 2, 3, 4, 5], upstream: 0) == 3)
        #expect(index.blockCount(of: 0) == 3)
    }

    @Test func `an upstream is forgotten without the others`() {
        var index = PrefixIndex(blocksPerUpstream: 3)
        index.insert([1, 2], upstream: 0)
        index.insert([1, 2], upstream: 1)
        index.forget(0)
        #expect(index.blockCount(of: 0) == 0)
        #expect(index.matchLength(of: [1, 2], upstream: 0) == 0)
        #expect(index.matchLength(of: [1, 2], upstream: 1) == 2)
    }

    @Test func `random prompts match as in a list of all blocks in the order of use`() {
        var random = SplitMix64(seed: 3)
        var index = PrefixIndex(blocksPerUpstream: 20)
        // The newest last.
        var list: [UInt64] = []
        for _ in 0..<2_000 {
            // A block's hash says what precedes it: the digits of a number.
            var blocks: [UInt64] = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                blocks.append((blocks.last ?? 0) * 10 + UInt64.random(in: 1...3, using: &random))
            }
            #expect(index.matchLength(of: blocks, upstream: 0) == blocks.prefix { list.contains($0) }.count)
            index.insert(blocks, upstream: 0)
            list = Array((list.filter { !blocks.contains($0) } + blocks.reversed()).suffix(20))
            #expect(index.blockCount(of: 0) == list.count)
        }
    }
}
