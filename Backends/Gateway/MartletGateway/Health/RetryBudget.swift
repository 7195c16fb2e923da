/// How many requests may be sent again: a part of those that arrive, so that retries cannot multiply the load of upstreams
/// that fail because they are overloaded. A pure value: no clock.
///
/// Twenty a second are allowed regardless of the arrivals. A gateway with little traffic could otherwise never retry, and a
/// burst of failures, such as the requests in flight to an upstream that dies, comes when few arrive.
struct RetryBudget: Sendable {
    typealias Instant = ContinuousClock.Instant

    struct Configuration: Sendable, Hashable {
        /// Retries for each request. Envoy, Finagle and Linkerd allow 0.2; a prompt's second prefill costs more than a
        /// second web request.
        var ratio = 0.1
        /// Allowed in any case, on average over the window: all of the window's may be used at once.
        var minimumPerSecond = 20
        /// Finagle's and Linkerd's.
        var window = Duration.seconds(10)
    }

    private let configuration: Configuration
    private var requests: SlidingCount
    private var retries: SlidingCount

    init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        requests = SlidingCount(window: configuration.window)
        retries = SlidingCount(window: configuration.window)
    }

    /// Counts a request that arrives. Its retries are not requests.
    mutating func addRequest(at now: Instant) { requests.add(at: now) }

    /// How many retries are allowed now.
    func remaining(at now: Instant) -> Int {
        let minimum = configuration.window / .seconds(1) * Double(configuration.minimumPerSecond)
        let allowed = minimum + configuration.ratio * Double(requests.total(at: now))
        return max(0, Int(allowed) - retries.total(at: now))
    }

    /// Takes a retry out of the budget; false if there is none.
    mutating func takeRetry(at now: Instant) -> Bool {
        guard remaining(at: now) > 0 else { return false }
        retries.add(at: now)
        return true
    }
}
