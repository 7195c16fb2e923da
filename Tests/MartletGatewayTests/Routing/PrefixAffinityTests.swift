import MartletUV
import Testing

@testable import MartletGateway

struct PrefixAffinityTests {
    private var router = Router(policy: .prefixAffinity)
    private var random = SplitMix64(seed: 5)

    /// Ten blocks of 100 tokens.
    private let key = RoutingKey(blocks: Array(1...10), promptTokens: 1_000)

    private mutating func choose(_ loads: [Int], _ key: RoutingKey) -> Int? {
        let candidates = loads.enumerated().map { Candidate(id: $0, outstandingTokens: $1) }
        return router.choose(among: candidates, for: key, using: &random)?.id
    }

    @Test mutating func `a conversation stays where it was`() {
        #expect(choose([5, 0, 5], key) == 1)
        #expect(choose([0, 4_000, 0], key) == 1)
        #expect(choose([0, 4_000, 0], RoutingKey(blocks: key.blocks + [11], promptTokens: 1_100)) == 1)
    }

    @Test mutating func `a long prefix outweighs more load than a short one`() {
        #expect(choose([1, 0, 1], key) == 1)
        // Of a prompt of 1,000 tokens, 1,000 would have to be computed elsewhere: worth 6,000 outstanding ones.
        #expect(choose([0, 5_999, 100], key) == 1)
        // 100 of these 1,000 are there: worth 600.
        #expect(choose([0, 601, 100], RoutingKey(blocks: [1] + (21...29), promptTokens: 1_000)) == 0)
        #expect(choose([700, 599, 100], RoutingKey(blocks: [1] + (31...39), promptTokens: 1_000)) == 1)
    }

    @Test mutating func `the busier all upstreams are, the more load a prefix outweighs`() {
        #expect(choose([1, 0, 1], key) == 1)
        #expect(choose([30_000, 40_000, 50_000], key) == 1, "10,000 to the least one, at a mean of 40,000")
        #expect(choose([160_000, 190_000, 190_000], key) == 1, "30,000 at a mean of 180,000")
        #expect(choose([160_000, 193_000, 190_000], key) == 0, "33,000, which is above the most, 32,000")
    }

    @Test mutating func `an upstream that is far more loaded than another loses its conversations`() {
        let long = RoutingKey(blocks: Array(1...100), promptTokens: 100_000)
        #expect(choose([1, 0, 1], long) == 1)
        #expect(choose([9, 65_536, 0], long) == 1, "the difference is not above the limit")
        #expect(choose([131_074, 196_611, 140_000], long) == 1, "the ratio is not above the limit")
        #expect(choose([131_073, 196_611, 140_000], long) == 0, "both are")
        #expect(choose([0, 0, 65_537], long) != 2)
    }

    @Test mutating func `while an upstream is overloaded, others keep their conversations`() {
        #expect(choose([1, 0, 1], key) == 1)
        #expect(choose([0, 5_000, 90_000], key) == 1)
    }

    @Test mutating func `a prompt during a slow start is not an overload`() {
        let candidates = [Candidate(id: 0), Candidate(id: 1, outstandingTokens: 7_000, weight: 0.1)]
        let long = RoutingKey(blocks: Array(1...100), promptTokens: 100_000)
        #expect(router.choose(among: [candidates[1]], for: long, using: &random)?.id == 1)
        #expect(router.choose(among: candidates, for: long, using: &random)?.id == 1)
    }

    @Test mutating func `requests at the same time find the prefix of the first`() {
        let first = choose([0, 0, 0], key)
        for _ in 0..<20 { #expect(choose([0, 0, 0], key) == first) }
    }

    @Test mutating func `an upstream that has restarted has no prefixes`() {
        #expect(choose([5, 0, 5], key) == 1)
        router.forget(1)
        #expect(choose([1, 2, 3], key) == 0)
    }

    @Test mutating func `load counts by weight, and prefixes do not`() {
        let candidates = [
            Candidate(id: 0, outstandingTokens: 20_000, weight: 2), Candidate(id: 1, outstandingTokens: 9_999),
        ]
        #expect(router.choose(among: candidates, for: key, using: &random)?.id == 1)
        let heavier = [Candidate(id: 0, weight: 9), Candidate(id: 1, outstandingTokens: 5_999)]
        #expect(router.choose(among: heavier, for: key, using: &random)?.id == 1)
    }

    @Test func `settings out of range become the nearest in range`() {
        #expect(
            RoutingPolicy.prefixAffinity(blocksPerUpstream: 0, imbalanceTokens: -1, imbalanceRatio: .nan)
                == .prefixAffinity(blocksPerUpstream: 1, imbalanceTokens: 0, imbalanceRatio: 1))
        #expect(RoutingPolicy.consistentHashing(loadFactor: 0.5) == .consistentHashing(loadFactor: 1))
        #expect(RoutingPolicy.consistentHashing == .consistentHashing(loadFactor: 1.25))
        #expect(RoutingPolicy.prefixAffinity == .prefixAffinity(imbalanceTokens: 65_536))
    }
}
