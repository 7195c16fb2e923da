/// Whether an upstream may get requests, and with which weight: from the outcomes of requests (its breaker), from what it
/// says of its load (429, and 503 with `Retry-After`), and from active health checks. A pure value: no clock.
///
/// None of the three overrules another. In particular, a successful health check does not close the breaker: a server may
/// answer `/health` and fail every request.
struct UpstreamHealth: Sendable {
    typealias Instant = ContinuousClock.Instant

    struct Configuration: Sendable, Hashable {
        var breaker = Breaker.Configuration()
        /// Health checks in a row that make it unavailable, and available again; those of SGLang's router.
        var failedChecks = 3
        var passedChecks = 2
        /// How long an upstream that answers 429 without `Retry-After` gets no request.
        var defaultPause = Duration.seconds(1)
        /// The longest `Retry-After` that is obeyed. Some name the end of a quota's month.
        var longestPause = Duration.seconds(120)
    }

    /// How a request that was sent to the upstream ended.
    enum Outcome: Sendable, Hashable {
        /// It answered: also with an error that is the request's own fault.
        case answered
        case connectFailed
        /// No head or no first event in time.
        case timedOut
        /// The connection was lost before the end of the response.
        case interrupted
        /// An error that is the upstream's: 5xx, or an error as its first event.
        case serverError
        /// 429, or 503 with a `Retry-After`: not a failure, but other upstreams are to be asked meanwhile.
        case busy(retryAfter: Duration?)
        /// The client went away, which says nothing about the upstream.
        case cancelled
    }

    private let configuration: Configuration
    private var breaker: Breaker
    private var pausedUntil: Instant?
    /// Whether health checks pass.
    private(set) var isAvailable = true
    /// When checks found it available again.
    private var availableSince: Instant?
    /// Checks in a row that contradict `isAvailable`.
    private var contradictions = 0

    init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        breaker = Breaker(configuration.breaker)
    }

    // MARK: Queries

    func isEligible(at now: Instant) -> Bool { weight(at: now) > 0 }

    /// The part of the upstream's weight that counts now; 0 if it must get no request.
    func weight(at now: Instant) -> Double {
        guard isAvailable, !isPaused(at: now) else { return 0 }
        let start = availableSince.map { configuration.breaker.slowStart.weight(after: now - $0) } ?? 1
        return min(start, breaker.weight(at: now))
    }

    /// When an upstream that is not eligible will be, if time alone makes it so: the `Retry-After` of a 503. Nil
    /// if it is eligible, or if that depends on a health check or on the outcome of a probe.
    func eligible(after now: Instant) -> Instant? {
        guard isAvailable else { return nil }
        guard let later = [pausedUntil, breaker.opensUntil].compactMap({ $0 }).max(), later > now else { return nil }
        return breaker.admits(at: later) ? later : nil
    }

    func breakerState(at now: Instant) -> Breaker.State { breaker.state(at: now) }

    func isPaused(at now: Instant) -> Bool { pausedUntil.map { now < $0 } ?? false }

    // MARK: Requests

    /// Begins a request; nil if the upstream must get none. Every one that begins must end.
    mutating func begin(at now: Instant) -> Breaker.Attempt? { isEligible(at: now) ? breaker.begin(at: now) : nil }

    /// - Parameter jitter: a random number in 0...1, for the backoff of the breaker.
    mutating func end(_ attempt: Breaker.Attempt, _ outcome: Outcome, at now: Instant, jitter: Double) {
        switch outcome {
        case .answered: breaker.succeeded(attempt, at: now)
        case .connectFailed, .timedOut, .interrupted, .serverError: breaker.failed(attempt, at: now, jitter: jitter)
        case .busy(let retryAfter):
            let pause = min(max(.zero, retryAfter ?? configuration.defaultPause), configuration.longestPause)
            pausedUntil = max(now + pause, pausedUntil ?? now)
            breaker.abandoned(attempt, at: now)
        case .cancelled: breaker.abandoned(attempt, at: now)
        }
    }

    // MARK: Health checks

    /// The result of an active health check, which sends no paid request.
    mutating func checked(passed: Bool, at now: Instant) {
        contradictions = passed == isAvailable ? 0 : contradictions + 1
        guard contradictions >= (passed ? configuration.passedChecks : configuration.failedChecks) else { return }
        contradictions = 0
        isAvailable = passed
        availableSince = passed ? now : nil
    }
}
