import Testing

@testable import Martlet

/// The limits of a principal as pure values, with given times.
struct PrincipalUsageTests {
    private let start = ContinuousClock.now

    private func after(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    // MARK: A budget

    @Test func `a budget is used in bursts, and comes back evenly within a minute`() {
        var budget = MinuteBudget()
        budget.drain(60, at: start)
        #expect(budget.isUnused)
        for used in 1...60 {
            #expect(budget.wait(for: 1, 60) == nil)
            budget.use(1)
            #expect(budget.remaining(60) == 60 - used)
        }
        #expect(budget.wait(for: 1, 60) == .seconds(1))
        #expect(budget.wait(for: 5, 60) == .seconds(5))
        #expect(budget.reset(60) == .seconds(60))
        budget.drain(60, at: after(999))
        #expect(budget.wait(for: 1, 60) == .milliseconds(1))
        budget.drain(60, at: after(1000))
        #expect(budget.wait(for: 1, 60) == nil)
        #expect(budget.remaining(60) == 1)
        budget.drain(60, at: after(60_000))
        #expect(budget.isUnused)
        #expect(budget.reset(60) == .zero)
    }

    @Test func `a count above the limit waits until nothing is used`() {
        var budget = MinuteBudget()
        budget.drain(100, at: start)
        #expect(budget.wait(for: 5000, 100) == nil)
        budget.use(50)
        #expect(budget.wait(for: 5000, 100) == .seconds(30))
    }

    @Test func `use beyond the limit is a debt, and unused tokens are not credit`() {
        var budget = MinuteBudget()
        budget.drain(100, at: start)
        budget.use(250)
        #expect(budget.remaining(100) == 0)
        #expect(budget.wait(for: 1, 100) == .milliseconds(90_600))
        budget.use(-.max)
        #expect(budget.isUnused)
        #expect(budget.remaining(100) == 100)
    }

    @Test func `a limit that changes keeps what has been used, and a clock that goes back changes nothing`() {
        var budget = MinuteBudget()
        budget.drain(10, at: start)
        budget.use(10)
        #expect(budget.remaining(30) == 20)
        #expect(budget.wait(for: 1, 5) == .seconds(72))
        budget.drain(10, at: after(-5000))
        #expect(budget.remaining(10) == 0)
        budget.drain(0, at: after(60_000))
        #expect(budget.remaining(10) == 1)
    }

    // MARK: A principal

    @Test func `requests at the same time are limited before those of a minute, and a refused one does not count`()
        throws
    {
        let limits = PrincipalLimits(requestsPerMinute: 3, concurrentRequests: 2)
        var usage = PrincipalUsage()
        try usage.begin(limits, at: start)
        try usage.begin(limits, at: start)
        let refusal = #expect(throws: LimitRefusal.self) { try usage.begin(limits, at: start) }
        #expect(refusal?.limit == .concurrentRequests)
        #expect(
            refusal?.error.message.contains("your limit is 2 requests at the same time. Please try again in 1s.")
                == true)
        usage.end()
        try usage.begin(limits, at: start)
        usage.end()
        usage.end()
        let other = #expect(throws: LimitRefusal.self) { try usage.begin(limits, at: start) }
        #expect(other?.limit == .requestsPerMinute)
        #expect(
            other?.error.message == "Rate limit reached: your limit is 3 requests per minute. Please try again in 20s.")
        try usage.begin(limits, at: after(20_000))
        #expect(usage.running == 1)
    }

    @Test func `tokens are counted as estimated, and corrected to what was used`() throws {
        let limits = PrincipalLimits(tokensPerMinute: 600)
        var usage = PrincipalUsage()
        let charged = try usage.charge(500, limits, at: start)
        #expect(charged == 500)
        let refusal = #expect(throws: LimitRefusal.self) { try usage.charge(112, limits, at: start) }
        #expect(
            refusal?.error.message
                == "Rate limit reached: your limit is 600 tokens per minute, and this request needs an estimated 112. "
                + "Please try again in 1.2s.")
        usage.correct(charged, to: 20)
        #expect(usage.fields(limits, at: start).map(\.value) == ["600", "580", "2s"])
        // One that needs more than the limit is admitted when nothing is used, and counts as the limit until it ends.
        let large = try usage.charge(9000, limits, at: after(2000))
        #expect(large == 600)
        usage.correct(large, to: 900)
        #expect(usage.fields(limits, at: after(2000)).map(\.value) == ["600", "0", "1m30s"])
        let none = try usage.charge(9000, PrincipalLimits(requestsPerMinute: 1), at: start)
        #expect(none == 0)
    }

    @Test func `the fields are those of the limits that there are`() throws {
        var usage = PrincipalUsage()
        let limits = PrincipalLimits(requestsPerMinute: 600, tokensPerMinute: 60)
        try usage.begin(limits, at: start)
        let fields = usage.fields(limits, at: start)
        #expect(
            fields.map(\.name) == [
                "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests",
                "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
            ])
        #expect(fields.map(\.value) == ["600", "599", "100ms", "60", "60", "0s"])
        #expect(usage.fields(PrincipalLimits(concurrentRequests: 3), at: start).isEmpty)
    }

    // MARK: All principals

    @Test func `requests of equal ids count together, until their leases end or are released`() throws {
        let limiter = PrincipalLimiter()
        let limits = PrincipalLimits(concurrentRequests: 2)
        let (one, two) = (Principal("ada", permissions: [.infer]), Principal("ada", permissions: [.embed]))
        var leases = [try limiter.begin(one, limits), try limiter.begin(two, limits)]
        #expect(throws: LimitRefusal.self) { try limiter.begin(one, limits) }
        _ = try limiter.begin("bob", limits)
        leases[0].end()
        leases[0].end()
        leases.append(try limiter.begin(two, limits))
        #expect(throws: LimitRefusal.self) { try limiter.begin(one, limits) }
        leases.removeAll()
        for _ in 0..<2 { leases.append(try limiter.begin(one, limits)) }
        #expect(throws: LimitRefusal.self) { try limiter.begin(one, limits) }
    }

    @Test func `limits that change keep the count`() throws {
        let limiter = PrincipalLimiter()
        for _ in 0..<3 { _ = try limiter.begin("ada", PrincipalLimits(requestsPerMinute: 3), at: start) }
        #expect(throws: LimitRefusal.self) {
            try limiter.begin("ada", PrincipalLimits(requestsPerMinute: 3), at: start)
        }
        _ = try limiter.begin("ada", PrincipalLimits(requestsPerMinute: 4), at: start)
        #expect(throws: LimitRefusal.self) {
            try limiter.begin("ada", PrincipalLimits(requestsPerMinute: 4), at: start)
        }
    }

    @Test func `principals that have used nothing lately are forgotten`() throws {
        let limiter = PrincipalLimiter()
        let limits = PrincipalLimits(requestsPerMinute: 10)
        let lease = try limiter.begin("running", limits, at: start)
        for number in 1..<1024 { _ = try limiter.begin(Principal("\(number)"), limits, at: start) }
        #expect(limiter.accountCount == 1024)
        _ = try limiter.begin("late", limits, at: after(60_000))
        #expect(limiter.accountCount == 2)
        lease.end()
    }
}
