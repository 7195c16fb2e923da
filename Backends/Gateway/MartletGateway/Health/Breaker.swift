/// Keeps requests from an upstream that fails. A pure value: no clock.
///
/// ```
///            consecutive failures, or failure rate                  now >= until
///   closed ─────────────────────────────────────────> open(until) ────────────────> half open ──begin──> probing
///     ^                                                ^                                ^                 │ │ │
///     │                                                └──────────── failed: next backoff ─────────────────┘ │ │
///     │                                                                                 └───── abandoned ────┘ │
///     └── succeeded: slow start ───────────────────────────────────────────────────────────────────────────────┘
/// ```
///
/// Every request that is sent begins an attempt, and its outcome is reported. Attempts from before a change of state have
/// no effect: requests that were sent before the upstream failed neither close the breaker nor open it again.
struct Breaker: Sendable {
    typealias Instant = ContinuousClock.Instant

    struct Configuration: Sendable, Hashable {
        /// Opens after this many failures in a row.
        var consecutiveFailures = 5
        /// Opens when this part of the attempts in the window has failed, if there were `minimumAttempts`.
        var failureRate = 0.5
        var minimumAttempts = 20
        var window = Duration.seconds(30)
        /// How long it is open at first. Doubles each time a probe fails, and when it opens again during slow start.
        var initialBackoff = Duration.seconds(1)
        var maximumBackoff = Duration.seconds(60)
        /// After this time a half-open breaker sends another probe: an answer may take minutes.
        var probeInterval = Duration.seconds(5)
        var slowStart = SlowStart()
    }

    enum State: Sendable { case closed, open, halfOpen }

    /// A request that was sent to the upstream.
    struct Attempt: Sendable, Hashable { fileprivate let period: Int }

    private enum Phase {
        /// Since when; nil from the beginning, without a slow start.
        case closed(since: Instant?)
        /// From `until` it is half open.
        case open(until: Instant)
        /// Half open, and the one request that it admits is under way.
        case probing(since: Instant)
    }

    private let configuration: Configuration
    private var phase = Phase.closed(since: nil) { didSet { period += 1 } }
    /// The number of changes of state.
    private var period = 0
    private var consecutiveFailures = 0
    private var attempts: SlidingCount
    private var failures: SlidingCount
    /// How often the backoff has been doubled.
    private var doublings = 0

    init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        attempts = SlidingCount(window: configuration.window)
        failures = SlidingCount(window: configuration.window)
    }

    // MARK: Queries

    func state(at now: Instant) -> State {
        switch phase {
        case .closed: .closed
        case .open(let until): now < until ? .open : .halfOpen
        case .probing: .halfOpen
        }
    }

    func admits(at now: Instant) -> Bool {
        switch phase {
        case .closed: true
        case .open(let until): now >= until
        case .probing(let since): now - since >= configuration.probeInterval
        }
    }

    /// The part of the upstream's weight that counts now; 0 if no request is admitted.
    func weight(at now: Instant) -> Double {
        switch phase {
        case .closed(let since): since.map { configuration.slowStart.weight(after: now - $0) } ?? 1
        case .open, .probing: admits(at: now) ? configuration.slowStart.initialWeight : 0
        }
    }

    /// When an open breaker becomes half open; nil if it is not open, or only a probe's outcome can change it.
    var opensUntil: Instant? {
        if case .open(let until) = phase { until } else { nil }
    }

    // MARK: Attempts

    /// Begins an attempt; nil if none is admitted. Every attempt must be ended by one of the following, since a half-open
    /// breaker waits for it.
    mutating func begin(at now: Instant) -> Attempt? {
        guard admits(at: now) else { return nil }
        switch phase {
        case .closed: break
        case .open, .probing: phase = .probing(since: now)
        }
        return Attempt(period: period)
    }

    /// The upstream has answered. A probe's success is best reported when the first event of its reply arrives: nothing
    /// else is sent before.
    mutating func succeeded(_ attempt: Attempt, at now: Instant) {
        guard attempt.period == period else { return }
        consecutiveFailures = 0
        if case .closed = phase { attempts.add(at: now) } else { phase = .closed(since: now) }
    }

    /// - Parameter jitter: a random number in 0...1; the backoff is between half of its time, for 0, and all of it.
    mutating func failed(_ attempt: Attempt, at now: Instant, jitter: Double) {
        guard attempt.period == period else { return }
        guard case .closed(let since) = phase else {
            doublings += 1
            return open(at: now, jitter: jitter)
        }
        consecutiveFailures += 1
        attempts.add(at: now)
        failures.add(at: now)
        if isFailing(at: now) {
            let isStarting = since.map { now - $0 < configuration.slowStart.duration } ?? false
            doublings = isStarting ? doublings + 1 : 0
            open(at: now, jitter: jitter)
        }
    }

    /// The attempt says nothing about the upstream: the client went away, or the upstream was busy.
    mutating func abandoned(_ attempt: Attempt, at now: Instant) {
        guard attempt.period == period else { return }
        if case .probing = phase { phase = .open(until: now) }
    }

    private func isFailing(at now: Instant) -> Bool {
        if consecutiveFailures >= configuration.consecutiveFailures { return true }
        let count = attempts.total(at: now)
        return count >= configuration.minimumAttempts
            && Double(failures.total(at: now)) >= configuration.failureRate * Double(count)
    }

    private mutating func open(at now: Instant, jitter: Double) {
        attempts.reset()
        failures.reset()
        let backoff = min(configuration.maximumBackoff, configuration.initialBackoff * (1 << min(doublings, 30)))
        phase = .open(until: now + backoff * (0.5 + 0.5 * min(max(jitter, 0), 1)))
    }
}
