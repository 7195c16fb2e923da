/// How many places of a model are kept free for principals that send requests now and then. A pure value.
///
/// A request that arrives while others have all places waits until one of them ends, however fair the queue is; and where
/// requests take equally long, places that are taken together become free together, again and again. So while principals have
/// been served lately and have nothing waiting, as many places as they take on average are not given to the others.
struct Reserve {
    private let permits: Int
    /// The principals of the last requests that were served, `window` at most; the oldest is at `oldest` once they are all.
    private var recent: [String?] = []
    private var oldest = 0
    /// How many of these each principal has.
    private var counts: [String?: Int] = [:]

    init(permits: Int) { self.permits = permits }

    private var window: Int { 8 * permits }

    mutating func didServe(_ principal: String?) {
        counts[principal, default: 0] += 1
        guard recent.count == window else { return recent.append(principal) }
        let left = recent[oldest]
        counts[left] = counts[left].flatMap { $0 > 1 ? $0 - 1 : nil }
        recent[oldest] = principal
        oldest = (oldest + 1) % window
    }

    /// The places to keep free when a request of `principal`, nil for a permit that comes back, could be served: none for a
    /// principal that the reserve is for, otherwise up to a quarter of all.
    ///
    /// - Parameter isWaiting: Whether a principal has a request in the queue.
    func count(against principal: String??, _ isWaiting: (String?) -> Bool) -> Int {
        guard counts.count > 1 else { return 0 }
        if let principal, counts[principal] != nil, !isWaiting(principal) { return 0 }
        let served = counts.reduce(0) { isWaiting($1.key) ? $0 : $0 + $1.value }
        return min((served * permits + window - 1) / window, permits / 4)
    }
}
