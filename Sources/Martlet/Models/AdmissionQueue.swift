/// Who asks to be admitted, for how much, and until when.
struct AdmissionClaim: Sendable {
    /// Nil for requests without an identity, which share one.
    var principal: String?
    /// Estimated tokens.
    var cost = 1
    /// When waiting becomes pointless.
    var deadline: ContinuousClock.Instant?

    /// The tokens of a reply without `max_tokens`: most end long before the model's context does.
    static let typicalReply = 256
    /// The most that a reply is estimated at: most clients with a high limit do not use it up.
    static let longestReply = 4096
    /// The highest cost: with larger ones the sums of a `FairQueue` could overflow.
    static let highestCost = 1 << 40

    /// The estimated tokens of a prompt and its replies.
    ///
    /// - Parameters:
    ///   - promptTokens: 0 if they are not known; they are then estimated from the bytes of the text.
    ///   - maxTokens: the most tokens of each reply; nil without a limit.
    static func cost(promptTokens: Int, textBytes: Int = 0, maxTokens: Int?, choices: Int = 1) -> Int {
        let prompt = promptTokens > 0 ? promptTokens : textBytes / 4
        let reply = min(maxTokens ?? typicalReply, longestReply)
        let (replies, isTooLarge) = reply.multipliedReportingOverflow(by: choices)
        return isTooLarge ? highestCost : min(prompt, highestCost / 2) + min(replies, highestCost / 2)
    }
}

/// The order in which waiting permits are granted. A pure value: no clock, task or lock.
///
/// New requests are in a `FairQueue`. A permit that comes back, because its generation was paused by a slow client or
/// yielded, belongs to a request that has been served already: such permits are in order of arrival, and each goes
/// after the next new request if that arrived earlier.
struct AdmissionQueue {
    private var new = FairQueue<Void>()
    /// The arrival numbers of permits that come back, lowest first.
    private var returning: [UInt64] = []

    var count: Int { new.count + returning.count }
    var isEmpty: Bool { count == 0 }
    var newCount: Int { new.count }

    /// Adds a new request. `arrival` must differ from all others.
    mutating func insert(_ arrival: UInt64, for claim: AdmissionClaim) {
        new.insert(
            FairQueue.Entry(
                (), principal: claim.principal, cost: claim.cost, arrival: arrival, deadline: claim.deadline))
    }

    /// Adds a permit that comes back. `arrival` must be higher than all others.
    mutating func insertReturning(_ arrival: UInt64) { returning.append(arrival) }

    /// Takes out a permit that is no longer wanted.
    mutating func remove(_ arrival: UInt64) {
        if new.remove(arrival) == nil { returning.removeAll { $0 == arrival } }
    }

    /// Takes out the new requests whose deadline has passed.
    mutating func removeExpired(at now: ContinuousClock.Instant) -> [UInt64] {
        new.removeExpired(at: now).map(\.arrival)
    }

    /// Takes out the permit to grant next.
    mutating func popFirst() -> UInt64? {
        let first = new.first?.arrival
        if let back = returning.first, back < first ?? .max { return returning.removeFirst() }
        if let first { new.serve(first) }
        return first
    }
}
