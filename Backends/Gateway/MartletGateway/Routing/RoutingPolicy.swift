/// How a gateway chooses the upstream of a request among those that are healthy and serve its model.
///
/// Under every policy an upstream of weight 2 gets twice the load of one of weight 1, and one whose slow start has not
/// ended gets the part of its weight that it has reached.
public struct RoutingPolicy: Sendable, Hashable {
    enum Kind: Hashable {
        case leastOutstanding, powerOfTwoChoices
        case consistentHashing(loadFactor: Double)
        case prefixAffinity(PrefixAffinity)
    }

    /// The settings of prefix affinity.
    struct PrefixAffinity: Hashable {
        /// How many blocks of prompts are remembered for each upstream.
        var blocksPerUpstream: Int
        /// An upstream is overloaded if it has more tokens above the load of the least loaded one than this, and
        /// `imbalanceRatio` times that load.
        var imbalanceTokens: Int
        var imbalanceRatio: Double

        /// The tokens above the least load are counted, not those for weight 1: during its slow start, one long prompt is
        /// a high load for an upstream.
        func isOverloaded(_ candidate: Candidate, leastLoad: Double) -> Bool {
            (candidate.load - leastLoad) * candidate.weight > Double(imbalanceTokens)
                && candidate.load > imbalanceRatio * leastLoad
        }

        /// What a token of the prompt that an upstream has to compute costs, in outstanding tokens: a difference between
        /// loads matters by its part of the mean. With many outstanding requests, loads differ by many tokens at random,
        /// which must not take conversations from their caches; with few, an idle upstream rather than the one that is
        /// busy should compute a system prompt too.
        func prefillCost(atMeanLoad load: Double) -> Double { min(max(load / 4_000, 6), 32) }
    }

    let kind: Kind

    /// Whether choices depend on the beginnings of prompts.
    var usesPrefixes: Bool { if case .prefixAffinity = kind { true } else { false } }

    /// The upstream with the fewest outstanding tokens for its weight; the default. Tokens, not requests: a prompt of
    /// 100,000 tokens is not the same load as one of 100.
    public static let leastOutstanding = RoutingPolicy(kind: .leastOutstanding)

    /// The one with fewer outstanding tokens of two that are drawn at random. For several gateways in front of the same
    /// upstreams: each knows only its own requests, and if all chose the least, they would choose the same one.
    public static let powerOfTwoChoices = RoutingPolicy(kind: .powerOfTwoChoices)

    /// `consistentHashing(loadFactor:)` with the factor 1.25.
    public static let consistentHashing = consistentHashing(loadFactor: 1.25)

    /// The requests of a session go to the same upstream, as long as that one has less than `loadFactor` times its share
    /// of the outstanding tokens; otherwise to the session's next upstream that has. When an upstream is added or removed,
    /// only the sessions that it gets or had move. Requests without a session key go to the least loaded upstream.
    ///
    /// - Parameter loadFactor: 1 or more; less counts as 1.
    public static func consistentHashing(loadFactor: Double) -> RoutingPolicy {
        RoutingPolicy(kind: .consistentHashing(loadFactor: max(1, loadFactor)))
    }

    /// `prefixAffinity(blocksPerUpstream:imbalanceTokens:imbalanceRatio:)` with its defaults.
    public static let prefixAffinity = prefixAffinity()

    /// A request goes where it costs least: an upstream's outstanding tokens count, and 6 to 32 times, the more the busier
    /// all upstreams are, the tokens of the prompt that are new to it. What was sent to it before is in its prefix cache.
    /// A long conversation stays where it is, and a system prompt that many conversations share spreads to as many
    /// upstreams as they keep busy.
    ///
    /// - Parameters:
    ///   - blocksPerUpstream: how many blocks (messages, or each 1,024 bytes of long ones) are remembered for each
    ///     upstream, those used last. The default is that of llm-d, and takes about 1.5 MB for each upstream.
    ///   - imbalanceTokens: an upstream that has more outstanding tokens above the load of the least loaded one than
    ///     this, and also `imbalanceRatio` times that load, gets no request whatever its cache contains. The default is the
    ///     64 requests of SGLang's router, counted as 1,024 tokens each.
    ///   - imbalanceRatio: 1 or more; less counts as 1.
    public static func prefixAffinity(
        blocksPerUpstream: Int = 31_250, imbalanceTokens: Int = 65_536, imbalanceRatio: Double = 1.5
    ) -> RoutingPolicy {
        RoutingPolicy(
            kind: .prefixAffinity(
                PrefixAffinity(
                    blocksPerUpstream: max(1, blocksPerUpstream), imbalanceTokens: max(0, imbalanceTokens),
                    imbalanceRatio: max(1, imbalanceRatio))))
    }
}
