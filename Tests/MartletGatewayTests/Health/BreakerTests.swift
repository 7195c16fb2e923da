import Testing

@testable import MartletGateway

struct BreakerTests {
    private let start = ContinuousClock.now
    private var breaker = Breaker()

    /// Begins an attempt that must be admitted.
    private mutating func begin(after time: Duration = .zero) throws -> Breaker.Attempt {
        let attempt = breaker.begin(at: start + time)
        return try #require(attempt)
    }

    private mutating func succeed(after time: Duration = .zero) throws {
        breaker.succeeded(try begin(after: time), at: start + time)
    }

    private mutating func fail(_ count: Int = 1, after time: Duration = .zero, jitter: Double = 1) throws {
        for _ in 0..<count { breaker.failed(try begin(after: time), at: start + time, jitter: jitter) }
    }

    private func expect(
        _ state: Breaker.State, admits: Bool, weight: Double, after time: Duration,
        at location: SourceLocation = #_sourceLocation
    ) {
        let now = start + time
        #expect(breaker.state(at: now) == state, sourceLocation: location)
        #expect(breaker.admits(at: now) == admits, sourceLocation: location)
        #expect(breaker.weight(at: now) == weight, sourceLocation: location)
    }

    // MARK: Closed

    @Test func `a new breaker is closed, with the whole weight`() {
        expect(.closed, admits: true, weight: 1, after: .zero)
        #expect(breaker.opensUntil == nil)
    }

    @Test mutating func `the fifth failure in a row opens it`() throws {
        try fail(4)
        expect(.closed, admits: true, weight: 1, after: .zero)
        try fail()
        expect(.open, admits: false, weight: 0, after: .zero)
        let attempt = breaker.begin(at: start)
        #expect(attempt == nil)
        #expect(breaker.opensUntil == start + .seconds(1))
    }

    @Test mutating func `a success in between begins the row anew`() throws {
        try fail(4)
        try succeed()
        try fail(4)
        expect(.closed, admits: true, weight: 1, after: .zero)
        try fail()
        expect(.open, admits: false, weight: 0, after: .zero)
    }

    @Test mutating func `half of twenty attempts in the window open it`() throws {
        for _ in 0..<9 {
            try fail()
            try succeed()
        }
        try succeed()
        #expect(breaker.state(at: start) == .closed)
        try fail()
        #expect(breaker.state(at: start) == .open, "ten of twenty")
    }

    @Test mutating func `less than half, or of fewer attempts, do not open it`() throws {
        for _ in 0..<9 {
            try fail()
            try succeed()
        }
        try fail()
        #expect(breaker.state(at: start) == .closed, "ten of nineteen")
        for _ in 0..<3 { try succeed() }
        try fail()
        #expect(breaker.state(at: start) == .closed, "eleven of twenty-three")
        try fail()
        #expect(breaker.state(at: start) == .open, "twelve of twenty-four")
    }

    @Test(arguments: [(Duration.seconds(30) - .nanoseconds(1), Breaker.State.open), (.seconds(30), .closed)])
    mutating func `failures that are out of the window do not count`(time: Duration, state: Breaker.State) throws {
        for _ in 0..<9 {
            try fail()
            try succeed()
        }
        try succeed()
        try fail(after: time)
        #expect(breaker.state(at: start + time) == state)
    }

    @Test mutating func `an attempt that was abandoned counts neither way`() throws {
        try fail(4)
        for _ in 0..<50 { breaker.abandoned(try begin(), at: start) }
        expect(.closed, admits: true, weight: 1, after: .zero)
        try fail()
        expect(.open, admits: false, weight: 0, after: .zero)
    }

    // MARK: Open and half open

    @Test mutating func `after the backoff it admits one probe`() throws {
        try fail(5)
        expect(.open, admits: false, weight: 0, after: .seconds(1) - .nanoseconds(1))
        expect(.halfOpen, admits: true, weight: 0.1, after: .seconds(1))
        _ = try begin(after: .seconds(1))
        expect(.halfOpen, admits: false, weight: 0, after: .seconds(1))
        expect(.halfOpen, admits: false, weight: 0, after: .seconds(6) - .nanoseconds(1))
        let second = breaker.begin(at: start + .seconds(1))
        #expect(second == nil)
        // The first may take minutes.
        expect(.halfOpen, admits: true, weight: 0.1, after: .seconds(6))
        #expect(breaker.opensUntil == nil, "only the outcome changes it")
    }

    @Test mutating func `a probe that succeeds closes it and begins a slow start`() throws {
        try fail(5)
        try succeed(after: .seconds(2))
        expect(.closed, admits: true, weight: 0.1, after: .seconds(2))
        expect(.closed, admits: true, weight: 0.55, after: .seconds(7))
        #expect(breaker.weight(at: start + .seconds(12) - .nanoseconds(1)) < 1)
        expect(.closed, admits: true, weight: 1, after: .seconds(12))
    }

    @Test mutating func `failures before it opened do not count after it closed`() throws {
        for _ in 0..<10 {
            try succeed()
            try fail()
        }
        try succeed(after: .seconds(2))
        for _ in 0..<16 { try succeed(after: .seconds(2)) }
        try fail(4, after: .seconds(2))
        expect(.closed, admits: true, weight: 0.1, after: .seconds(2))
        try fail(after: .seconds(2))
        expect(.open, admits: false, weight: 0, after: .seconds(2))
    }

    @Test mutating func `successes before it opened do not count after it closed`() throws {
        for _ in 0..<30 { try succeed() }
        try fail(5)
        try succeed(after: .seconds(2))
        for _ in 0..<10 {
            expect(.closed, admits: true, weight: 0.1, after: .seconds(2))
            try succeed(after: .seconds(2))
            try fail(after: .seconds(2))
        }
        expect(.open, admits: false, weight: 0, after: .seconds(2))
    }

    @Test mutating func `a probe that is abandoned leaves it half open for the next`() throws {
        try fail(5)
        breaker.abandoned(try begin(after: .seconds(1)), at: start + .seconds(3))
        expect(.halfOpen, admits: true, weight: 0.1, after: .seconds(3))
        _ = try begin(after: .seconds(3))
        expect(.halfOpen, admits: false, weight: 0, after: .seconds(3))
    }

    @Test mutating func `the backoff doubles with each probe that fails, up to its maximum`() throws {
        try fail(5)
        var time = Duration.seconds(1)
        for backoff in [2, 4, 8, 16, 32, 60, 60] {
            try fail(after: time)
            expect(.open, admits: false, weight: 0, after: time + .seconds(backoff) - .nanoseconds(1))
            time += .seconds(backoff)
            expect(.halfOpen, admits: true, weight: 0.1, after: time)
        }
    }

    @Test(arguments: [(0, 500), (0.5, 750), (1, 1_000), (-3, 500), (7, 1_000)])
    mutating func `jitter takes up to half of the backoff away`(jitter: Double, milliseconds: Int) throws {
        try fail(5, jitter: jitter)
        #expect(breaker.opensUntil == start + .milliseconds(milliseconds))
    }

    @Test(arguments: [(Duration.seconds(11) - .nanoseconds(1), 2), (.seconds(11), 1)])
    mutating func `failing again in slow start doubles the backoff, later it begins anew`(
        time: Duration, backoff: Int
    ) throws {
        try fail(5)
        try succeed(after: .seconds(1))
        try fail(5, after: time)
        #expect(breaker.opensUntil == start + time + .seconds(backoff))
    }

    // MARK: Attempts from before

    @Test mutating func `requests that were sent before it opened change nothing when they end`() throws {
        let early = try (0..<9).map { _ in try begin() }
        try fail(5)
        breaker.failed(early[0], at: start + .milliseconds(500), jitter: 1)
        breaker.succeeded(early[1], at: start + .milliseconds(500))
        breaker.abandoned(early[2], at: start + .milliseconds(500))
        #expect(breaker.opensUntil == start + .seconds(1))
        breaker.succeeded(early[3], at: start + .seconds(1))
        expect(.halfOpen, admits: true, weight: 0.1, after: .seconds(1))
        let probe = try begin(after: .seconds(1))
        breaker.succeeded(early[4], at: start + .seconds(1))
        breaker.abandoned(early[5], at: start + .seconds(1))
        breaker.failed(early[6], at: start + .seconds(1), jitter: 1)
        expect(.halfOpen, admits: false, weight: 0, after: .seconds(1))
        breaker.succeeded(probe, at: start + .seconds(1))
        for attempt in early { breaker.failed(attempt, at: start + .seconds(1), jitter: 1) }
        breaker.failed(probe, at: start + .seconds(1), jitter: 1)
        expect(.closed, admits: true, weight: 0.1, after: .seconds(1))
    }
}
