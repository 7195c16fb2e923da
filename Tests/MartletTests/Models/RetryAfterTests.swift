import Testing

@testable import Martlet

struct RetryAfterTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// A queue that begins at `begin` and serves `count` requests, one each `interval`.
    private func serve(
        _ retryAfter: inout RetryAfter, from begin: Double, every interval: Double, count: Int, ends: Bool = true
    ) {
        retryAfter.queueDidBegin(at: at(begin))
        for number in 1...count { retryAfter.didServe(at: at(begin + interval * Double(number))) }
        if ends { retryAfter.queueDidEnd(at: at(begin + interval * Double(count))) }
    }

    @Test func `without a history it is one second, then the time since the last service`() {
        var retryAfter = RetryAfter()
        #expect(retryAfter.seconds(waiting: 0, at: at(0)) == 1)
        #expect(retryAfter.seconds(waiting: 256, at: at(1000)) == 1)
        retryAfter.queueDidBegin(at: at(0))
        #expect([0, 0.5, 7.2, 1000].map { retryAfter.seconds(waiting: 256, at: at($0)) } == [1, 1, 8, 60])
    }

    @Test(arguments: [(0, 1), (1, 1), (8, 4), (10, 5), (11, 6), (119, 60), (120, 60), (.max, 60)])
    func `it is the queue's length divided by its speed`(waiting: Int, seconds: Int) {
        var retryAfter = RetryAfter()
        serve(&retryAfter, from: 0, every: 0.5, count: 20)
        #expect(retryAfter.seconds(waiting: waiting, at: at(10)) == seconds)
    }

    @Test func `idle time does not count`() {
        var retryAfter = RetryAfter()
        serve(&retryAfter, from: 0, every: 0.5, count: 20)
        #expect(retryAfter.seconds(waiting: 20, at: at(100_000)) == 10)
        serve(&retryAfter, from: 100_000, every: 0.5, count: 4)
        #expect(retryAfter.seconds(waiting: 20, at: at(100_002)) == 10)
    }

    @Test func `bursts count as their average over time`() {
        var retryAfter = RetryAfter()
        retryAfter.queueDidBegin(at: at(0))
        // 32 at once, every ten seconds: 3.2 a second.
        for burst in 1...12 {
            for _ in 0..<32 { retryAfter.didServe(at: at(Double(burst) * 10)) }
            for later in [0, 2, 9.9] {
                let seconds = retryAfter.seconds(waiting: 64, at: at(Double(burst) * 10 + later))
                // 20 s within a quarter; just before the next burst it is twice that.
                #expect((15...40).contains(seconds), "burst \(burst), \(later) s later: \(seconds)")
            }
        }
    }

    @Test func `a change of the server's speed has an effect within a minute`() {
        var retryAfter = RetryAfter()
        serve(&retryAfter, from: 0, every: 2, count: 300, ends: false)
        #expect(retryAfter.seconds(waiting: 20, at: at(600)) == 40)
        for number in 1...700 { retryAfter.didServe(at: at(600 + Double(number) / 10)) }
        #expect((2...3).contains(retryAfter.seconds(waiting: 20, at: at(670))))
        #expect(retryAfter.seconds(waiting: 20, at: at(1000)) > 10, "it stands still")
    }

    @Test func `a clock that goes back has no effect`() {
        var retryAfter = RetryAfter()
        serve(&retryAfter, from: 10, every: -1, count: 5)
        #expect(RetryAfter.range.contains(retryAfter.seconds(waiting: 5, at: at(0))))
    }
}
