internal import MartletOpenAI

/// What a principal has used of its limits. A pure value: no clock, no lock.
struct PrincipalUsage {
    typealias Instant = ContinuousClock.Instant

    private var requests = MinuteBudget()
    private var tokens = MinuteBudget()
    /// The requests that have begun and not ended.
    private(set) var running = 0

    /// Counts a request that begins.
    ///
    /// - Throws: `LimitRefusal`; the request then does not count.
    mutating func begin(_ limits: PrincipalLimits, at now: Instant) throws(LimitRefusal) {
        if let limit = limits.concurrentRequests, running >= max(1, limit) {
            throw LimitRefusal(.concurrentRequests, limit: max(1, limit), wait: LimitRefusal.concurrencyWait)
        }
        if let limit = limits.requestsPerMinute {
            requests.drain(limit, at: now)
            if let wait = requests.wait(for: 1, limit) {
                throw LimitRefusal(.requestsPerMinute, limit: max(1, limit), wait: wait)
            }
            requests.use(1)
        }
        running += 1
    }

    mutating func end() { running = max(0, running - 1) }

    /// Counts the estimated tokens of a request, which waits for its turn. Returns how many are counted: at most the
    /// limit, since a request that needs more is admitted when nothing is used.
    ///
    /// - Throws: `LimitRefusal`; the tokens then do not count.
    mutating func charge(_ estimate: Int, _ limits: PrincipalLimits, at now: Instant) throws(LimitRefusal) -> Int {
        guard let limit = limits.tokensPerMinute else { return 0 }
        tokens.drain(limit, at: now)
        if let wait = tokens.wait(for: estimate, limit) {
            throw LimitRefusal(.tokensPerMinute, limit: max(1, limit), requested: estimate, wait: wait)
        }
        let charged = min(max(0, estimate), max(1, limit))
        tokens.use(charged)
        return charged
    }

    /// Replaces tokens that `charge` has counted by what was used.
    mutating func correct(_ charged: Int, to used: Int) { tokens.use(min(max(0, used), 1 << 40) - charged) }

    /// Whether forgetting it changes nothing.
    mutating func isIdle(_ limits: PrincipalLimits, at now: Instant) -> Bool {
        drain(limits, at: now)
        return running == 0 && requests.isUnused && tokens.isUnused
    }

    /// OpenAI's `x-ratelimit-` fields.
    mutating func fields(_ limits: PrincipalLimits, at now: Instant) -> [(name: String, value: String)] {
        drain(limits, at: now)
        var fields: [(String, String)] = []
        for (name, limit, budget) in [
            ("requests", limits.requestsPerMinute, requests), ("tokens", limits.tokensPerMinute, tokens),
        ] {
            guard let limit else { continue }
            fields.append(("x-ratelimit-limit-\(name)", String(max(1, limit))))
            fields.append(("x-ratelimit-remaining-\(name)", String(budget.remaining(limit))))
            fields.append(("x-ratelimit-reset-\(name)", RetryDelay.goDuration(budget.reset(limit))))
        }
        return fields
    }

    /// A budget without a limit is forgotten.
    private mutating func drain(_ limits: PrincipalLimits, at now: Instant) {
        if let limit = limits.requestsPerMinute { requests.drain(limit, at: now) } else { requests = MinuteBudget() }
        if let limit = limits.tokensPerMinute { tokens.drain(limit, at: now) } else { tokens = MinuteBudget() }
    }
}

/// A request is beyond a limit of its principal.
struct LimitRefusal: Error, Equatable {
    enum Limit: String {
        case requestsPerMinute = "requests per minute"
        case tokensPerMinute = "tokens per minute"
        case concurrentRequests = "requests at the same time"
    }

    /// How long a client with too many requests at once is asked to wait: when one of them ends is not known.
    static let concurrencyWait = Duration.seconds(1)

    let limit: Limit
    let maximum: Int
    /// The estimated tokens of the request.
    let requested: Int?
    /// When the request may be sent again.
    let wait: Duration

    init(_ limit: Limit, limit maximum: Int, requested: Int? = nil, wait: Duration) {
        (self.limit, self.maximum, self.requested, self.wait) = (limit, maximum, requested, wait)
    }

    /// 429, with a sentence that clients look for the time in.
    var error: OpenAIError {
        let need = requested.map { ", and this request needs an estimated \($0)" } ?? ""
        return .rateLimitExceeded(
            "Rate limit reached: your limit is \(maximum) \(limit.rawValue)\(need). "
                + "Please try again in \(RetryDelay.sentence(wait)).")
    }
}
