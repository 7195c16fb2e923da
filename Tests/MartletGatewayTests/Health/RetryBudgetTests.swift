import Testing

@testable import MartletGateway

struct RetryBudgetTests {
    private let start = ContinuousClock.now

    /// How many retries are allowed in a row.
    private func takeAll(_ budget: inout RetryBudget, at now: ContinuousClock.Instant) -> Int {
        var count = 0
        while count < 10_000, budget.takeRetry(at: now) { count += 1 }
        return count
    }

    @Test func `without requests twenty a second are allowed, all at once`() {
        var budget = RetryBudget()
        #expect(budget.remaining(at: start) == 200)
        #expect(takeAll(&budget, at: start) == 200)
        #expect(budget.remaining(at: start) == 0)
        #expect(takeAll(&budget, at: start + .seconds(10) - .nanoseconds(1)) == 0)
        #expect(takeAll(&budget, at: start + .seconds(10)) == 200)
    }

    @Test func `each ten requests add one retry`() {
        var budget = RetryBudget()
        for number in 1...1_000 {
            budget.addRequest(at: start)
            #expect(budget.remaining(at: start) == 200 + number / 10)
        }
        #expect(takeAll(&budget, at: start + .seconds(5)) == 300)
        #expect(budget.remaining(at: start + .seconds(10) - .nanoseconds(1)) == 0)
        // The requests are out of the window, and the retries are still in it.
        #expect(budget.remaining(at: start + .seconds(10)) == 0)
        #expect(budget.remaining(at: start + .seconds(15)) == 200)
    }

    @Test func `without a minimum, retries stay a part of the requests`() {
        var budget = RetryBudget(.init(ratio: 0.2, minimumPerSecond: 0, window: .seconds(1)))
        #expect(takeAll(&budget, at: start) == 0)
        var (requests, retries) = (0, 0)
        // All requests fail, and each is retried until it must not be.
        for millisecond in 0..<5_000 {
            let now = start + .milliseconds(millisecond)
            budget.addRequest(at: now)
            requests += 1
            while budget.takeRetry(at: now) { retries += 1 }
        }
        #expect(requests == 5_000)
        #expect((900...1_200).contains(retries))
    }
}
