#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Chooses upstreams by a policy. A pure value: no clock, lock or task.
struct Router: Sendable {
    /// The upstream that is to serve a request.
    struct Choice {
        let id: Int
        /// How many of the prompt's first blocks were sent to it before.
        let matchedBlocks: Int
    }

    private let policy: RoutingPolicy
    /// Where prefixes went; used by prefix affinity only.
    private var prefixes: PrefixIndex

    init(policy: RoutingPolicy) {
        self.policy = policy
        var capacity = 0
        if case .prefixAffinity(let settings) = policy.kind { capacity = settings.blocksPerUpstream }
        prefixes = PrefixIndex(blocksPerUpstream: capacity)
    }

    /// The upstream that is to serve the request; nil if no candidate is eligible.
    ///
    /// Under prefix affinity the router learns that the prompt went there, before it is served: of several requests that
    /// arrive at once, the later ones find the prefix of the first.
    mutating func choose(
        among candidates: [Candidate], for key: RoutingKey, using random: inout some RandomNumberGenerator
    ) -> Choice? {
        let areEligible = candidates.allSatisfy { $0.weight > 0 }
        let eligible = areEligible ? candidates : candidates.filter { $0.weight > 0 }
        let chosen: Candidate? =
            switch policy.kind {
            case .leastOutstanding: eligible.least(by: \.load, using: &random)
            case .powerOfTwoChoices: eligible.lesserOfTwo(using: &random)
            case .consistentHashing(let loadFactor):
                eligible.next(of: key, below: loadFactor) ?? eligible.least(by: \.load, using: &random)
            case .prefixAffinity(let settings): nearest(eligible, to: key, settings, using: &random)
            }
        guard let chosen else { return nil }
        guard policy.usesPrefixes else { return Choice(id: chosen.id, matchedBlocks: 0) }
        let matched = prefixes.matchLength(of: key.blocks, upstream: chosen.id)
        prefixes.insert(key.blocks, upstream: chosen.id)
        return Choice(id: chosen.id, matchedBlocks: matched)
    }

    /// Forgets what is known of an upstream, because it has restarted or is no longer used.
    mutating func forget(_ upstream: Int) { prefixes.forget(upstream) }

    /// The candidate that costs least: its load, and the prompt's tokens that it has to compute. Overloaded ones are left
    /// out.
    private func nearest(
        _ candidates: [Candidate], to key: RoutingKey, _ settings: RoutingPolicy.PrefixAffinity,
        using random: inout some RandomNumberGenerator
    ) -> Candidate? {
        if key.blocks.isEmpty { return candidates.least(by: \.load, using: &random) }
        let least = candidates.reduce(.infinity) { min($0, $1.load) }
        let tokensPerBlock = Double(max(1, key.promptTokens)) / Double(key.blocks.count)
        let costPerBlock = tokensPerBlock * settings.prefillCost(atMeanLoad: candidates.meanLoad)
        return candidates.least(
            by: { candidate in
                if settings.isOverloaded(candidate, leastLoad: least) { return .infinity }
                let missing = key.blocks.count - prefixes.matchLength(of: key.blocks, upstream: candidate.id)
                return candidate.load + Double(missing) * costPerBlock
            }, using: &random)
    }
}

extension [Candidate] {
    /// The less loaded of two that are drawn at random; between equals the first draw, which follows the weights.
    fileprivate func lesserOfTwo(using random: inout some RandomNumberGenerator) -> Candidate? {
        guard let first = drawn(using: &random) else { return nil }
        guard let second = drawn(except: first, using: &random) else { return first }
        return second.load < first.load ? second : first
    }

    /// The first in the order of the key's session whose load is below `loadFactor` times its share, the request included;
    /// nil without a session.
    ///
    /// The order is that of weighted rendezvous hashing: for each session, every upstream has a random number that depends
    /// on nothing else, so that those of the others stay when one comes or goes. The least loaded upstream is always below
    /// the bound. One that is below may exceed it by the request that it gets, as in the paper, which rounds up
    /// (Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads, 2016).
    fileprivate func next(of key: RoutingKey, below loadFactor: Double) -> Candidate? {
        guard let session = key.session else { return nil }
        var hash = StableHash()
        session.utf8.withBytes { hash.add($0) }
        let outstanding = reduce(Double(Swift.max(1, key.promptTokens))) { $0 + Double($1.outstandingTokens) }
        let bound = loadFactor * outstanding / reduce(0) { $0 + $1.weight }
        return lazy.filter { $0.load < bound }.map { ($0, $0.distance(from: hash)) }.min { $0.1 < $1.1 }?.0
    }
}

extension Candidate {
    /// An exponentially distributed number with the weight as its rate: the least of several is this one's as often as
    /// its share of the weights.
    fileprivate func distance(from session: StableHash) -> Double {
        var hash = session
        hash.add(nameHash)
        return -log((Double(hash.value >> 11) + 0.5) * 0x1p-53) / weight
    }
}
