/// Who asks to be admitted, for how much, and until when.
struct AdmissionClaim: Sendable {
    /// Nil for requests without an identity, which share one.
    var principal: String?
    /// Estimated tokens.
    var cost = 1
    /// When waiting becomes pointless.
    var deadline: ContinuousClock.Instant?
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
    /// How many new requests each principal has.
    var newCounts: [String?: Int] { new.counts }

    /// Whether the principal has a new request here.
    func isWaiting(_ principal: String?) -> Bool { new.isWaiting(principal) }
    /// The principal of the permit to grant next; nil if that comes back.
    var firstPrincipal: String?? {
        let first = new.first
        if let back = returning.first, back < first?.arrival ?? .max { return nil }
        return first.map(\.principal)
    }

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
    ///
    /// - Parameter onServe: Called for a new request, with the period in which its cost can be corrected.
    mutating func popFirst(onServe: (_ period: UInt64) -> Void = { _ in }) -> UInt64? {
        let first = new.first?.arrival
        if let back = returning.first, back < first ?? .max { return returning.removeFirst() }
        if let first {
            onServe(new.period)
            new.serve(first)
        }
        return first
    }

    /// Changes the cost of a request that has been served.
    mutating func correct(_ principal: String?, in period: UInt64, by change: Int) {
        new.correct(principal, in: period, by: change)
    }
}
