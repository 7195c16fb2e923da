import Testing

@testable import MartletEngine

struct BlockPoolTests {
    /// Fills blocks with the whole ones of `tokens`; returns them.
    @discardableResult
    private func store(_ tokens: [Int], in pool: inout BlockPool) throws -> [Int] {
        var blocks: [Int] = []
        var number = 0
        for start in stride(from: 0, to: tokens.count - 3, by: 4) {
            let free = pool.allocate()
            let block = try #require(free)
            number = pool.fill(block, with: tokens[start..<start + 4], after: number)
            blocks.append(block)
        }
        return blocks
    }

    @Test func `blocks are allocated until none is free`() {
        var pool = BlockPool(blockCount: 3, blockSize: 4)
        let blocks = (0..<4).map { _ in pool.allocate() }
        #expect(blocks == [0, 1, 2, nil])
        pool.release([1])
        #expect(pool.freeCount == 1)
        expectNext(1, in: &pool)
    }

    @Test func `a prefix is found block by block, without partial blocks`() throws {
        var pool = BlockPool(blockCount: 8, blockSize: 4)
        let blocks = try store(Array(0..<12), in: &pool)
        #expect(pool.prefix(of: Array(0..<12)[...]).blocks == blocks)
        #expect(pool.prefix(of: Array(0..<11)[...]).blocks == Array(blocks.prefix(2)))
        #expect(pool.prefix(of: [0, 1, 2, 3, 9, 5, 6, 7][...]).blocks == Array(blocks.prefix(1)))
        #expect(pool.prefix(of: [4, 5, 6, 7][...]).blocks == [], "what stands behind others is another content")
    }

    @Test func `free blocks keep their content until they are reallocated, the one released first`() throws {
        var pool = BlockPool(blockCount: 3, blockSize: 4)
        let blocks = try store(Array(0..<12), in: &pool)
        pool.release(blocks)
        #expect(pool.freeCount == 3)
        #expect(pool.prefix(of: Array(0..<12)[...]).blocks == blocks)
        expectNext(blocks[2], in: &pool, "the end of a sequence goes before its beginning")
        #expect(pool.prefix(of: Array(0..<12)[...]).blocks == Array(blocks.prefix(2)))
    }

    @Test func `a block is free after as many releases as retains`() throws {
        var pool = BlockPool(blockCount: 1, blockSize: 4)
        let blocks = try store(Array(0..<4), in: &pool)
        pool.retain(blocks)
        pool.release(blocks)
        expectNext(nil, in: &pool)
        pool.release(blocks)
        pool.retain(blocks)
        #expect(pool.freeCount == 0)
        pool.release(blocks)
        expectNext(blocks[0], in: &pool)
    }

    @Test func `of two blocks with the same content the first is found, and prefixes continue after both`() throws {
        var pool = BlockPool(blockCount: 4, blockSize: 4)
        let first = try store(Array(0..<4), in: &pool)
        let second = try store(Array(0..<8), in: &pool)
        #expect(pool.prefix(of: Array(0..<8)[...]).blocks == [first[0], second[1]])
    }

    private func expectNext(_ block: Int?, in pool: inout BlockPool, _ why: Comment? = nil) {
        let next = pool.allocate()
        #expect(next == block, why)
    }
}
