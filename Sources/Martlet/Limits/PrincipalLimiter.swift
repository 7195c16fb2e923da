internal import MartletHTTP
internal import MartletUV
internal import Synchronization

/// Counts the requests and tokens of principals that have limits, across loops and models. Safe to use from any thread;
/// every call is a look-up and some arithmetic under one lock.
final class PrincipalLimiter: Sendable {
    private struct Account {
        var usage = PrincipalUsage()
        /// The latest that a request had: they change when keys are reloaded, and the usage stays.
        var limits: PrincipalLimits
    }

    private struct State {
        var accounts: [String: Account] = [:]
        /// The number of accounts at which idle ones are forgotten.
        var threshold = 1024
    }

    private let state = Locked(State())

    /// Counts a request, until the lease ends.
    ///
    /// - Throws: `LimitRefusal`.
    func begin(
        _ principal: Principal, _ limits: PrincipalLimits, at now: ContinuousClock.Instant = .now
    ) throws(LimitRefusal) -> RequestLease {
        try withAccount(of: principal, limits, at: now) { account throws(LimitRefusal) in
            try account.usage.begin(limits, at: now)
        }
        return RequestLease(self, principal)
    }

    fileprivate func end(_ principal: Principal) {
        state.withLock { $0.accounts[principal.id]?.usage.end() }
    }

    /// Counts the estimated tokens of a request. Returns how many are counted, which `correct(_:to:of:)` replaces.
    ///
    /// - Throws: `LimitRefusal`.
    func charge(
        _ estimate: Int, to principal: Principal, _ limits: PrincipalLimits, at now: ContinuousClock.Instant = .now
    ) throws(LimitRefusal) -> Int {
        try withAccount(of: principal, limits, at: now) { account throws(LimitRefusal) in
            try account.usage.charge(estimate, limits, at: now)
        }
    }

    func correct(_ charged: Int, to used: Int, of principal: Principal) {
        state.withLock { $0.accounts[principal.id]?.usage.correct(charged, to: used) }
    }

    /// The `x-ratelimit-` fields of a response.
    func fields(
        of principal: Principal, _ limits: PrincipalLimits, at now: ContinuousClock.Instant = .now
    ) -> HTTPFields {
        var fields = HTTPFields()
        let values = state.withLock { state in
            var usage = state.accounts[principal.id]?.usage ?? PrincipalUsage()
            return usage.fields(limits, at: now)
        }
        for (name, value) in values { fields.append(name, value) }
        return fields
    }

    /// The number of principals with an account.
    var accountCount: Int { state.withLock { $0.accounts.count } }

    private func withAccount<Result: Sendable>(
        of principal: Principal, _ limits: PrincipalLimits, at now: ContinuousClock.Instant,
        _ body: (inout Account) throws(LimitRefusal) -> Result
    ) throws(LimitRefusal) -> Result {
        try state.withLock { state throws(LimitRefusal) in
            if state.accounts.count >= state.threshold {
                for (id, account) in state.accounts {
                    var usage = account.usage
                    if usage.isIdle(account.limits, at: now) { state.accounts[id] = nil }
                }
                state.threshold = max(1024, 2 * state.accounts.count)
            }
            state.accounts[principal.id, default: Account(limits: limits)].limits = limits
            return try body(&state.accounts[principal.id, default: Account(limits: limits)])
        }
    }
}

/// A request that counts, until `end()` or the last release of this object.
final class RequestLease: Sendable {
    private let limiter: PrincipalLimiter
    private let principal: Principal
    private let isOver = Atomic(false)

    fileprivate init(_ limiter: PrincipalLimiter, _ principal: Principal) {
        (self.limiter, self.principal) = (limiter, principal)
    }

    deinit { end() }

    /// May be called more than once.
    func end() { if !isOver.exchange(true, ordering: .relaxed) { limiter.end(principal) } }
}
