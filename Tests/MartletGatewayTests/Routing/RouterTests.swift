import MartletUV
import Testing

@testable import MartletGateway

struct RouterTests {
    static let policies: [RoutingPolicy] = [.leastOutstanding, .powerOfTwoChoices, .consistentHashing, .prefixAffinity]

    private var random = SplitMix64(seed: 5)

    /// Counts what each of the candidates gets, of requests that come one by one.
    private mutating func shares(
        _ policy: RoutingPolicy, _ candidates: [Candidate], count: Int = 12_000, key: (Int) -> RoutingKey
    ) -> [Int: Int] {
        var router = Router(policy: policy)
        var shares: [Int: Int] = [:]
        for number in 0..<count {
            guard let index = router.choose(among: candidates, for: key(number), using: &random)?.id else { continue }
            shares[index, default: 0] += 1
        }
        return shares
    }

    /// A new conversation each time.
    private static func newKey(_ number: Int) -> RoutingKey {
        RoutingKey(session: "session \(number)", blocks: [UInt64(number)], promptTokens: 100)
    }

    // MARK: All policies

    @Test(arguments: policies) mutating func `without an eligible candidate there is no choice`(_ policy: RoutingPolicy)
    {
        let none = [Candidate(id: 0, weight: 0), Candidate(id: 1, weight: -1), Candidate(id: 2, weight: .nan)]
        #expect(shares(policy, [], count: 1, key: Self.newKey).isEmpty)
        #expect(shares(policy, none, count: 9, key: Self.newKey).isEmpty)
        let one = none + [Candidate(id: 3, outstandingTokens: 1 << 40, weight: 0.01)]
        #expect(shares(policy, one, count: 9, key: Self.newKey) == [3: 9])
    }

    @Test(arguments: policies) mutating func `weights and loads out of proportion are compared`(_ policy: RoutingPolicy)
    {
        let heavy = [Candidate(id: 0, weight: .infinity), Candidate(id: 1, weight: .greatestFiniteMagnitude)]
        #expect(shares(policy, heavy, key: Self.newKey).count == 2)
        let loaded = (0..<3).map { Candidate(id: $0, outstandingTokens: .max, weight: .leastNonzeroMagnitude) }
        #expect(shares(policy, loaded, count: 50, key: Self.newKey).values.reduce(0, +) == 50)
    }

    @Test(arguments: policies) mutating func `idle upstreams share by weight`(_ policy: RoutingPolicy) {
        let candidates = [(7, 1.0), (3, 2), (1, 0.5), (9, 0.5)].map { Candidate(id: $0, weight: $1) }
        let shares = shares(policy, candidates, key: Self.newKey)
        for candidate in candidates {
            let expected = 3_000 * candidate.weight
            #expect(abs(Double(shares[candidate.id] ?? 0) - expected) < 200)
        }
    }

    @Test(arguments: policies) mutating func `an upstream of weight 2 gets twice the load`(_ policy: RoutingPolicy) {
        var router = Router(policy: policy)
        var outstanding = [0, 0, 0]
        var served = [0, 0, 0]
        var running: [(upstream: Int, tokens: Int)] = []
        for number in 0..<6_000 {
            let candidates = [1.0, 2, 1].enumerated().map {
                Candidate(id: $0, outstandingTokens: outstanding[$0], weight: $1)
            }
            let tokens = Int.random(in: 1...1_000, using: &random)
            let key = RoutingKey(session: "\(number)", blocks: [UInt64(number)], promptTokens: tokens)
            guard let index = router.choose(among: candidates, for: key, using: &random)?.id else { continue }
            outstanding[index] += tokens
            served[index] += tokens
            running.append((index, tokens))
            if running.count > 60 {
                let ended = running.remove(at: Int.random(in: 0..<60, using: &random))
                outstanding[ended.upstream] -= ended.tokens
            }
        }
        let total = Double(served.reduce(0, +))
        for (count, share) in zip(served, [0.25, 0.5, 0.25]) { #expect(abs(Double(count) / total - share) < 0.05) }
    }

    // MARK: By load

    @Test mutating func `the least load is outstanding tokens by weight`() {
        let candidates = [
            Candidate(id: 0, outstandingTokens: 100), Candidate(id: 1, outstandingTokens: 150, weight: 2),
            Candidate(id: 2, outstandingTokens: 10, weight: 0.1),
        ]
        #expect(shares(.leastOutstanding, candidates, count: 50) { _ in RoutingKey() } == [1: 50])
    }

    @Test
    mutating func `of two choices the most loaded upstream is never taken, and others not by the least load alone`() {
        let candidates = (0..<4).map { Candidate(id: $0, outstandingTokens: $0 * 100) }
        let shares = shares(.powerOfTwoChoices, candidates, count: 6_000) { _ in RoutingKey() }
        // Of the six pairs, the first is in three, the second is the lesser one in two, the third in one.
        #expect(shares[3] == nil)
        for (index, expected) in [3_000, 2_000, 1_000].enumerated() {
            #expect(abs((shares[index] ?? 0) - expected) < 200)
        }
    }

    @Test mutating func `two choices leave no upstream far above the mean`() {
        var router = Router(policy: .powerOfTwoChoices)
        var outstanding = [Int](repeating: 0, count: 32)
        for _ in 0..<32 * 200 {
            let candidates = outstanding.enumerated().map { Candidate(id: $0, outstandingTokens: $1) }
            guard let index = router.choose(among: candidates, for: RoutingKey(), using: &random)?.id else { continue }
            outstanding[index] += 1
        }
        // One random choice would exceed the mean by some 30.
        #expect(outstanding.allSatisfy { $0 <= 204 })
    }

    // MARK: Sessions

    private mutating func homes(_ indices: some Sequence<Int>, sessions: Int = 4_000) -> [Int?] {
        var router = Router(policy: .consistentHashing)
        let candidates = indices.map { Candidate(id: $0) }
        return (0..<sessions).map {
            router.choose(among: candidates, for: RoutingKey(session: "session \($0)"), using: &random)?.id
        }
    }

    @Test mutating func `a session has the same upstream, whatever the order of the candidates and in every process`() {
        #expect(homes(0..<8) == homes((0..<8).reversed()))
        #expect(homes(0..<8, sessions: 10) == [3, 3, 4, 2, 0, 0, 3, 0, 2, 7])
    }

    @Test mutating func `an upstream that comes or goes moves its share of the sessions and no others`() {
        let (eight, nine) = (homes(0..<8), homes(0..<9))
        let moved = zip(eight, nine).filter { $0 != $1 }
        #expect(moved.allSatisfy { $0.1 == 8 }, "to the new one only")
        #expect(abs(moved.count - 4_000 / 9) < 80)
        let seven = homes((0..<8).filter { $0 != 3 })
        let left = zip(eight, seven).filter { $0 != $1 }
        #expect(left.allSatisfy { $0.0 == 3 })
        #expect(left.count == eight.count { $0 == 3 })
        #expect(Set(left.map(\.1)).count == 7, "its sessions are spread over all others")
    }

    @Test(arguments: [1, 1.25, 2]) mutating func `no upstream exceeds its bound by more than a request`(factor: Double)
    {
        var router = Router(policy: .consistentHashing(loadFactor: factor))
        let weights = [1.0, 1, 2, 0.5, 1.5]
        var outstanding = [0, 0, 0, 0, 0]
        for _ in 0..<3_000 {
            let tokens = Int.random(in: 1...50, using: &random)
            let candidates = weights.enumerated().map {
                Candidate(id: $0, outstandingTokens: outstanding[$0], weight: $1)
            }
            // Two of three requests are of one session.
            let session = "\(max(0, Int.random(in: -60...30, using: &random)))"
            let key = RoutingKey(session: session, promptTokens: tokens)
            guard let index = router.choose(among: candidates, for: key, using: &random)?.id else { continue }
            outstanding[index] += tokens
            let share = Double(outstanding.reduce(0, +)) * weights[index] / weights.reduce(0, +)
            #expect(Double(outstanding[index]) < factor * share + Double(tokens))
        }
    }

    @Test mutating func `a session returns home when its upstream is no longer overloaded`() throws {
        var router = Router(policy: .consistentHashing)
        let key = RoutingKey(session: "s", promptTokens: 10)
        func choose(_ loads: [Int], _ router: inout Router, _ random: inout SplitMix64) throws -> Int {
            let candidates = loads.enumerated().map { Candidate(id: $0, outstandingTokens: $1) }
            return try #require(router.choose(among: candidates, for: key, using: &random)?.id)
        }
        let home = try choose([0, 0, 0], &router, &random)
        var loads = [100, 100, 100]
        #expect(try choose(loads, &router, &random) == home)
        loads[home] = 200
        let next = try choose(loads, &router, &random)
        #expect(next != home)
        #expect(try choose(loads, &router, &random) == next)
        loads[home] = 110
        #expect(try choose(loads, &router, &random) == home)
    }

    @Test mutating func `requests without a session go to the least loaded upstream`() {
        let candidates = [Candidate(id: 0, outstandingTokens: 9), Candidate(id: 1, outstandingTokens: 8)]
        #expect(shares(.consistentHashing, candidates, count: 9) { _ in RoutingKey() } == [1: 9])
        #expect(shares(.prefixAffinity, candidates, count: 9) { _ in RoutingKey(session: "s") } == [1: 9])
    }
}
