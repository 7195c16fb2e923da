/// Whether a model keeps one place free for principals that send requests now and then. A pure value.
///
/// A request that arrives while others have all places waits until one of them ends, however fair the queue is; and where
/// requests take equally long, places that are taken together become free together, again and again. So while a principal has
/// been served lately and has nothing waiting, one place is not given to the others.
struct Reserve {
    /// The fewest places of which one may be kept free.
    static let leastPermits = 4

    private let permits: Int
    /// The number of requests served since the start, and that number when each principal was served last.
    private var served = 0
    private var last: [String?: Int] = [:]

    init(permits: Int) { self.permits = permits }

    /// A principal counts until so many requests have been served after its last one.
    private var window: Int { 8 * permits }

    mutating func didServe(_ principal: String?) {
        served += 1
        last[principal] = served
        if last.count > window { last = last.filter { served - $0.value < window } }
    }

    /// The places to keep free when a request of `principal`, nil for a permit that comes back, could be served: none for a
    /// principal that the reserve is for.
    ///
    /// - Parameter isWaiting: Whether a principal has a request in the queue.
    func count(against principal: String??, _ isWaiting: (String?) -> Bool) -> Int {
        guard permits >= Self.leastPermits, last.count > 1 else { return 0 }
        func isKept(for principal: String?) -> Bool {
            last[principal].map { served - $0 < window } ?? false && !isWaiting(principal)
        }
        if let principal, isKept(for: principal) { return 0 }
        return last.keys.contains(where: isKept) ? 1 : 0
    }
}
