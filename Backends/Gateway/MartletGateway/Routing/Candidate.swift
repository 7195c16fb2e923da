/// What a policy knows of an upstream when it chooses.
struct Candidate: Sendable, Equatable {
    /// Identifies the upstream as long as the gateway runs.
    let id: Int
    /// Identifies it in every gateway: `StableHash.value(of:)` of its name.
    let nameHash: UInt64
    /// The estimated tokens of its requests that have not ended, prompts included.
    let outstandingTokens: Int
    /// Its share of the load, slow start included, up to a million. An upstream of weight 0 is not chosen.
    let weight: Double

    init(id: Int, nameHash: UInt64, outstandingTokens: Int = 0, weight: Double = 1) {
        (self.id, self.nameHash) = (id, nameHash)
        self.outstandingTokens = max(0, outstandingTokens)
        self.weight = weight > 0 ? min(weight, 1_000_000) : 0
    }

    /// Outstanding tokens for weight 1.
    var load: Double { Double(outstandingTokens) / weight }
}

extension [Candidate] {
    /// The outstanding tokens of all for weight 1.
    var meanLoad: Double { reduce(0) { $0 + Double($1.outstandingTokens) } / reduce(0) { $0 + $1.weight } }

    /// The candidate with the least cost. Of several, each as likely as its weight says, so that idle upstreams share
    /// what arrives one by one.
    func least(by cost: (Candidate) -> Double, using random: inout some RandomNumberGenerator) -> Candidate? {
        var chosen: Candidate?
        var (least, weight) = (Double.infinity, 0.0)
        for candidate in self {
            let cost = cost(candidate)
            if cost > least { continue }
            if chosen == nil || cost < least {
                (chosen, least, weight) = (candidate, cost, candidate.weight)
                continue
            }
            weight += candidate.weight
            if Double.random(in: 0..<weight, using: &random) < candidate.weight { chosen = candidate }
        }
        return chosen
    }

    /// A candidate at random, each as likely as its weight says; not `other`.
    func drawn(except other: Candidate? = nil, using random: inout some RandomNumberGenerator) -> Candidate? {
        var total = 0.0
        for candidate in self where candidate.id != other?.id { total += candidate.weight }
        if total == 0 { return nil }
        var rest = Double.random(in: 0..<total, using: &random)
        var last: Candidate?
        for candidate in self where candidate.id != other?.id {
            rest -= candidate.weight
            if rest < 0 { return candidate }
            last = candidate
        }
        return last
    }
}
