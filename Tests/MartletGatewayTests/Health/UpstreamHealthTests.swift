import Testing

@testable import MartletGateway

struct UpstreamHealthTests {
    private let start = ContinuousClock.now
    private var health = UpstreamHealth()

    private mutating func end(_ outcome: UpstreamHealth.Outcome, after time: Duration = .zero) throws {
        let attempt = health.begin(at: start + time)
        health.end(try #require(attempt), outcome, at: start + time, jitter: 1)
    }

    // MARK: Requests

    @Test(arguments: [UpstreamHealth.Outcome.connectFailed, .timedOut, .interrupted, .serverError])
    mutating func `each kind of failure counts for the breaker`(_ outcome: UpstreamHealth.Outcome) throws {
        for _ in 0..<4 { try end(outcome) }
        #expect(health.isEligible(at: start))
        try end(outcome)
        #expect(!health.isEligible(at: start))
        #expect(health.breakerState(at: start) == .open)
        let attempt = health.begin(at: start)
        #expect(attempt == nil)
        #expect(health.eligible(after: start) == start + .seconds(1))
    }

    @Test mutating func `a probe's answer closes the breaker, with a slow start`() throws {
        for _ in 0..<5 { try end(.connectFailed) }
        #expect(health.weight(at: start + .seconds(1)) == 0.1)
        try end(.answered, after: .seconds(1))
        #expect(health.weight(at: start + .seconds(6)) == 0.55)
        #expect(health.weight(at: start + .seconds(11)) == 1)
    }

    @Test mutating func `requests that clients cancelled count neither way`() throws {
        for _ in 0..<4 { try end(.serverError) }
        for _ in 0..<20 { try end(.cancelled) }
        #expect(health.isEligible(at: start))
        try end(.serverError)
        #expect(!health.isEligible(at: start))
    }

    // MARK: Busy upstreams

    @Test mutating func `a busy upstream gets no request until its time, and its breaker stays closed`() throws {
        for _ in 0..<10 {
            let attempt = health.begin(at: start)
            guard let attempt else { break }
            health.end(attempt, .busy(retryAfter: .seconds(7)), at: start, jitter: 1)
        }
        #expect(health.breakerState(at: start) == .closed)
        #expect(!health.isEligible(at: start))
        #expect(health.weight(at: start + .seconds(7) - .nanoseconds(1)) == 0)
        #expect(health.eligible(after: start) == start + .seconds(7))
        #expect(health.weight(at: start + .seconds(7)) == 1)
        #expect(health.eligible(after: start + .seconds(7)) == nil)
    }

    @Test(arguments: [
        (Duration?.none, 1), (.seconds(120), 120), (.seconds(86_400), 120), (.zero, 0), (.seconds(-5), 0),
    ])
    mutating func `the pause is at least nothing and at most two minutes`(_ retryAfter: Duration?, seconds: Int) throws
    {
        try end(.busy(retryAfter: retryAfter))
        #expect(health.isEligible(at: start + .seconds(seconds)))
        #expect(seconds == 0 || !health.isEligible(at: start + .seconds(seconds) - .nanoseconds(1)))
    }

    @Test mutating func `of several pauses the last to end counts, and answers of earlier requests do not end it`()
        throws
    {
        let attempts = (0..<3).map { _ in health.begin(at: start) }
        let outcomes = [
            UpstreamHealth.Outcome.busy(retryAfter: .seconds(9)), .busy(retryAfter: .seconds(2)), .answered,
        ]
        for (attempt, outcome) in zip(attempts, outcomes) {
            health.end(try #require(attempt), outcome, at: start, jitter: 1)
        }
        #expect(health.eligible(after: start) == start + .seconds(9))
    }

    @Test mutating func `a probe to a busy upstream is repeated after the pause`() throws {
        for _ in 0..<5 { try end(.connectFailed) }
        try end(.busy(retryAfter: .seconds(3)), after: .seconds(1))
        #expect(!health.isEligible(at: start + .seconds(3)))
        #expect(health.breakerState(at: start + .seconds(4)) == .halfOpen)
        try end(.answered, after: .seconds(4))
        #expect(health.breakerState(at: start + .seconds(4)) == .closed)
    }

    @Test mutating func `while a probe is under way no request is sent, but for another probe after five seconds`()
        throws
    {
        for _ in 0..<5 { try end(.timedOut) }
        let probe = health.begin(at: start + .seconds(1))
        #expect(probe != nil)
        #expect(!health.isEligible(at: start + .seconds(6) - .nanoseconds(1)))
        #expect(health.isEligible(at: start + .seconds(6)))
        #expect(health.eligible(after: start + .seconds(1)) == nil)
    }

    // MARK: Health checks

    @Test
    mutating func `three failed checks in a row make it unavailable, two passed ones available with a slow start`() {
        for passed in [false, false, true, false, false] { health.checked(passed: passed, at: start) }
        #expect(health.weight(at: start) == 1)
        health.checked(passed: false, at: start)
        #expect(health.weight(at: start) == 0)
        #expect(health.eligible(after: start) == nil)
        for passed in [true, false, true] { health.checked(passed: passed, at: start) }
        #expect(!health.isEligible(at: start))
        health.checked(passed: true, at: start)
        #expect(health.weight(at: start) == 0.1)
        #expect(health.weight(at: start + .seconds(5)) == 0.55)
        #expect(health.weight(at: start + .seconds(10)) == 1)
    }

    @Test mutating func `checks that pass do not close the breaker`() throws {
        for _ in 0..<5 { try end(.serverError) }
        for _ in 0..<5 { health.checked(passed: true, at: start) }
        #expect(!health.isEligible(at: start))
        #expect(health.weight(at: start + .seconds(1)) == 0.1)
    }

    @Test mutating func `a request may end after its upstream became unavailable`() throws {
        let attempt = health.begin(at: start)
        for _ in 0..<3 { health.checked(passed: false, at: start) }
        health.end(try #require(attempt), .interrupted, at: start, jitter: 1)
        #expect(health.breakerState(at: start) == .closed)
        #expect(!health.isEligible(at: start))
    }
}
