internal import Martlet

/// The generations that wait to run, in the order in which they will be admitted.
///
/// The next one belongs to the request with the fewest running generations, so that a request with many choices does not
/// delay others; on a tie, to the older request. Within a request, choices run in order. Requests that have not run yet
/// are in a `FairQueue`; further choices, and generations that were preempted, are not, since their requests have been
/// served already.
struct WaitingQueue {
    /// The first generation of each request that has not run yet.
    private var new = FairQueue<Generation.ID>()
    /// The other generations, per request and ordered by number. No list is empty.
    private var continuing: [EngineRequest.ID: [Generation.ID]] = [:]
    /// How many are in `continuing`.
    private var continuingCount = 0

    var count: Int { new.count + continuingCount }

    /// All of them, oldest request first.
    var all: [Generation.ID] {
        let first = new.entries.map { ($0.arrival, [$0.element]) }
        let others = continuing.map { ($0.key.number, $0.value) }
        return (first + others).sorted { $0.0 < $1.0 }.flatMap(\.1)
    }

    /// Adds the first generation of a request that has not run yet.
    mutating func insert(
        first id: Generation.ID, of request: EngineRequest.ID, cost: Int, principal: String?,
        deadline: ContinuousClock.Instant?
    ) {
        new.insert(
            FairQueue.Entry(id, principal: principal, cost: cost, arrival: request.number, deadline: deadline))
    }

    /// Adds a further choice of a request, or a generation that was preempted.
    mutating func insert(_ id: Generation.ID, of request: EngineRequest.ID) {
        let place = continuing[request]?.lastIndex { $0.number < id.number }.map { $0 + 1 } ?? 0
        continuing[request, default: []].insert(id, at: place)
        continuingCount += 1
    }

    /// What the queue counts of a request that has been admitted, until its end.
    struct Charge {
        let principal: String?
        let cost: Int
        fileprivate let period: UInt64
    }

    /// Takes out a generation that will run. Returns the charge if it is the first of its request.
    @discardableResult
    mutating func admit(_ id: Generation.ID, of request: EngineRequest.ID) -> Charge? {
        if removeContinuing(id, of: request) { return nil }
        let period = new.period
        return new.serve(request.number).map { Charge(principal: $0.principal, cost: $0.cost, period: period) }
    }

    /// Replaces a charge by what its request has used.
    mutating func settle(_ charge: Charge, used: Int) {
        new.correct(charge.principal, in: charge.period, by: used - charge.cost)
    }

    /// Takes out a generation that was cancelled. Does nothing for one that is not in the queue.
    mutating func remove(_ id: Generation.ID, of request: EngineRequest.ID) {
        if !removeContinuing(id, of: request), new[request.number]?.element == id { new.remove(request.number) }
    }

    /// Takes out the first generations of requests that have not run yet and whose deadline has passed.
    mutating func removeExpired(at now: ContinuousClock.Instant) -> [Generation.ID] {
        new.removeExpired(at: now).map(\.element)
    }

    /// The next generations in order, up to `limit`.
    ///
    /// - Parameters:
    ///   - shares: how many running generations each request has.
    ///   - paused: generations to leave out.
    func next(
        _ limit: Int, shares: [EngineRequest.ID: Int], excluding paused: Set<Generation.ID>
    ) -> [Generation.ID] {
        guard limit > 0, count > 0 else { return [] }
        var shares = shares
        var new = new.next(limit, excluding: paused.contains)[...]
        var lines = continuing.mapValues { paused.isEmpty ? $0[...] : $0.filter { !paused.contains($0) }[...] }
        func rank(_ request: EngineRequest.ID) -> (Int, UInt64) { (shares[request] ?? 0, request.number) }
        var result: [Generation.ID] = []
        while result.count < limit {
            let first = new.first.map { EngineRequest.ID(number: $0.arrival) }
            let other = lines.filter { !$0.value.isEmpty }.keys.min { rank($0) < rank($1) }
            // A request's first generation comes before its others.
            let isFirst = first.map { first in other.map { rank(first) <= rank($0) } ?? true } ?? false
            guard let request = isFirst ? first : other,
                let id = isFirst ? new.popFirst()?.element : lines[request]?.popFirst()
            else { break }
            result.append(id)
            shares[request, default: 0] += 1
        }
        return result
    }

    private mutating func removeContinuing(_ id: Generation.ID, of request: EngineRequest.ID) -> Bool {
        guard let place = continuing[request]?.firstIndex(of: id) else { return false }
        continuing[request]?.remove(at: place)
        if continuing[request]?.isEmpty == true { continuing[request] = nil }
        continuingCount -= 1
        return true
    }
}
