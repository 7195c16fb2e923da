import Testing

@testable import MartletGateway

struct PrefixHasherTests {
    private func blocks(_ messages: String..., model: String = "m") -> [UInt64] {
        PrefixHasher.blocks(of: messages.map { Array($0.utf8) }, model: model)
    }

    private func common(_ a: [UInt64], _ b: [UInt64]) -> Int { zip(a, b).prefix { $0 == $1 }.count }

    @Test func `hashes are the same in every process`() {
        #expect(
            blocks("You are helpful.", "Hello", model: "llama")
                == [4_557_569_235_754_711_810, 8_916_380_913_809_880_764])
        #expect(PrefixHasher.blocks(of: [[UInt8]](), model: "llama") == [])
    }

    @Test func `prompts have the blocks before their first difference in common`() {
        let first = blocks("system", "question", "answer", "more")
        #expect(first.count == 4)
        #expect(common(first, blocks("system", "question", "answer", "else")) == 3)
        #expect(common(first, blocks("system", "question")) == 2)
        #expect(common(first, blocks("system", "other", "answer", "more")) == 1)
        #expect(common(first, blocks("System", "question", "answer", "more")) == 0)
        #expect(Set(first).isDisjoint(with: blocks("question", "answer", "more")), "a block includes what precedes it")
    }

    @Test func `prompts for different models have nothing in common`() {
        #expect(Set(blocks("a", "b", model: "m")).isDisjoint(with: blocks("a", "b", model: "n")))
    }

    @Test func `borders of messages count`() {
        #expect(Set(blocks("ab", "c") + blocks("a", "bc") + blocks("abc")).count == 5)
        #expect(blocks("a", "", "b") != blocks("a", "b"))
        let half = String(repeating: "x", count: PrefixHasher.blockBytes)
        #expect(common(blocks(half + half), blocks(half, half)) == 1)
    }

    @Test func `a message of each length differs from others, also in zeros`() {
        let all = (0...40).map { PrefixHasher.blocks(of: [[UInt8](repeating: 0, count: $0)], model: "m") }
        #expect(Set(all).count == 41)
    }

    @Test(arguments: [(0, 1), (1, 1), (1_023, 1), (1_024, 1), (1_025, 2), (2_048, 2), (2_049, 3)])
    func `a long message is split into blocks of 1,024 bytes`(byteCount: Int, count: Int) {
        #expect(PrefixHasher.blocks(of: [[UInt8](repeating: 7, count: byteCount)], model: "m").count == count)
    }

    @Test func `a message that grows keeps its full blocks`() {
        let bytes = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let whole = PrefixHasher.blocks(of: [bytes], model: "m")
        #expect(common(whole, PrefixHasher.blocks(of: [Array(bytes.prefix(4_500))], model: "m")) == 4)
    }

    @Test func `a prompt has a limited number of blocks`() {
        var hasher = PrefixHasher(model: "m")
        for _ in 0..<PrefixHasher.maximumBlocks - 1 { hasher.add(CollectionOfOne(1)) }
        hasher.add([UInt8](repeating: 2, count: 5 * PrefixHasher.blockBytes))
        hasher.add(CollectionOfOne(3))
        #expect(hasher.blocks.count == PrefixHasher.maximumBlocks)
        #expect(Set(hasher.blocks).count == PrefixHasher.maximumBlocks)
    }

    @Test func `bytes hash alike from any collection and at any address`() {
        let bytes = (0..<100).map { UInt8($0) }
        let expected = PrefixHasher.blocks(of: [bytes], model: "m")
        #expect(PrefixHasher.blocks(of: [bytes.reversed().reversed()], model: "m") == expected)
        for offset in 0..<8 {
            let moved = [UInt8](repeating: 9, count: offset) + bytes
            #expect(PrefixHasher.blocks(of: [moved[offset...]], model: "m") == expected)
        }
    }

    @Test func `each bit of a message changes about half of the bits of its hash`() {
        let bytes = (0..<64).map { UInt8($0) }
        let hash = PrefixHasher.blocks(of: [bytes], model: "m")[0]
        for bit in 0..<512 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            let difference = (PrefixHasher.blocks(of: [changed], model: "m")[0] ^ hash).nonzeroBitCount
            #expect((12...52).contains(difference))
        }
    }
}
