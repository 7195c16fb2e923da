import Testing

@testable import MartletGateway

struct SlidingCountTests {
    private let start = ContinuousClock.now

    @Test func `an event at the beginning of a part counts for the whole window`() {
        var count = SlidingCount(window: .seconds(10))
        #expect(count.total(at: start) == 0)
        count.add(at: start)
        #expect(count.total(at: start) == 1)
        #expect(count.total(at: start + .seconds(10) - .nanoseconds(1)) == 1)
        #expect(count.total(at: start + .seconds(10)) == 0)
    }

    @Test func `an event at the end of a part counts for nine tenths of the window`() {
        var count = SlidingCount(window: .seconds(10))
        count.add(at: start)
        count.add(at: start + .seconds(1) - .nanoseconds(1))
        count.add(at: start + .seconds(1))
        #expect(count.total(at: start + .seconds(10) - .nanoseconds(1)) == 3)
        #expect(count.total(at: start + .seconds(10)) == 1)
        #expect(count.total(at: start + .seconds(11)) == 0)
    }

    @Test func `parts are reused, however long nothing happened`() {
        var count = SlidingCount(window: .seconds(10))
        for second in 0..<35 { count.add(at: start + .seconds(second)) }
        #expect(count.total(at: start + .seconds(34)) == 10)
        count.add(at: start + .seconds(43))
        #expect(count.total(at: start + .seconds(43)) == 2)
        count.add(at: start + .seconds(1_000_000))
        #expect(count.total(at: start + .seconds(1_000_000)) == 1)
    }

    @Test func `an earlier time counts as the latest`() {
        var count = SlidingCount(window: .seconds(10))
        count.add(at: start + .seconds(20))
        count.add(at: start)
        #expect(count.total(at: start) == 2)
        count.add(at: start + .seconds(27))
        count.add(at: start + .seconds(22))
        #expect(count.total(at: start + .seconds(36)) == 2)
    }

    @Test func `nothing remains after a reset, and no window is too short`() {
        var count = SlidingCount(window: .zero)
        count.add(at: start)
        #expect(count.total(at: start) == 1)
        #expect(count.total(at: start + .nanoseconds(10)) == 0)
        count.add(at: start)
        count.reset()
        #expect(count.total(at: start) == 0)
    }
}
