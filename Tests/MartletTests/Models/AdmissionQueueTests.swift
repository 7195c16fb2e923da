import Testing

@testable import Martlet

struct AdmissionQueueTests {
    private func drain(_ queue: AdmissionQueue) -> [UInt64] {
        var (queue, order) = (queue, [UInt64]())
        while let next = queue.popFirst() { order.append(next) }
        #expect(queue.isEmpty)
        return order
    }

    private func queue(_ entries: [(arrival: UInt64, principal: String?, cost: Int)]) -> AdmissionQueue {
        var queue = AdmissionQueue()
        for entry in entries {
            queue.insert(entry.arrival, for: AdmissionClaim(principal: entry.principal, cost: entry.cost))
        }
        return queue
    }

    @Test func `requests of one principal are served in order of arrival, independent of their cost`() {
        #expect(drain(queue([(1, nil, 900), (2, nil, 1), (3, nil, 50)])) == [1, 2, 3])
        #expect(drain(AdmissionQueue()).isEmpty)
    }

    @Test func `principals share by cost`() {
        let queue = queue([(1, "a", 100), (2, "a", 100), (3, "b", 50), (4, "b", 50), (5, "b", 50)])
        #expect(drain(queue) == [1, 3, 4, 2, 5])
        #expect(queue.count == 5)
    }

    @Test func `a permit that comes back goes after earlier requests and before later ones`() {
        var queue = queue([(1, nil, 1), (2, nil, 1)])
        queue.insertReturning(3)
        queue.insertReturning(4)
        queue.insert(5, for: AdmissionClaim())
        #expect((queue.count, queue.newCount) == (5, 3))
        #expect(drain(queue) == [1, 2, 3, 4, 5])
    }

    @Test func `a permit that comes back goes before a later request that its principal lets overtake`() {
        var queue = queue([(1, "a", 10), (2, "a", 10)])
        queue.insertReturning(3)
        queue.insert(4, for: AdmissionClaim(principal: "b", cost: 10))
        // After 1, the next request is that of b, which arrived after the permit.
        #expect(drain(queue) == [1, 3, 4, 2])
    }

    @Test func `what is removed is not served`() {
        var queue = queue([(1, nil, 1), (2, nil, 1)])
        queue.insertReturning(3)
        queue.insertReturning(4)
        for arrival in [1, 3, 9] as [UInt64] { queue.remove(arrival) }
        #expect(drain(queue) == [2, 4])
    }

    @Test func `only new requests expire`() {
        let now = ContinuousClock.now
        var queue = AdmissionQueue()
        queue.insert(1, for: AdmissionClaim(deadline: now))
        queue.insert(2, for: AdmissionClaim(deadline: now + .nanoseconds(1)))
        queue.insert(3, for: AdmissionClaim())
        queue.insertReturning(4)
        #expect(queue.removeExpired(at: now - .nanoseconds(1)).isEmpty)
        #expect(queue.removeExpired(at: now) == [1])
        #expect(drain(queue) == [2, 3, 4])
    }

    @Test func `the cost of a request that was served is corrected, and a permit that comes back has none`() {
        var queue = queue([(1, "a", 10), (2, "a", 10), (3, "b", 10), (4, "b", 10), (5, "b", 10)])
        var periods: [UInt64] = []
        #expect(queue.popFirst { periods.append($0) } == 1)
        queue.correct("a", in: periods[0], by: 15)
        queue.insertReturning(6)
        #expect(drain(queue) == [3, 4, 5, 2, 6])
        queue.correct("a", in: periods[0], by: -25)
        #expect(drain(queue) == [3, 2, 4, 5, 6])
        for _ in 0..<5 { _ = queue.popFirst { periods.append($0) } }
        #expect(periods == [1, 1, 1, 1, 1])
    }
}
