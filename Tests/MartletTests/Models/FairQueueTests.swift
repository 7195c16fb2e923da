import Testing

@testable import Martlet

struct FairQueueTests {
    /// A queue whose entries are named by their order of arrival.
    private func queue(_ entries: [(arrival: UInt64, principal: String?, cost: Int)]) -> FairQueue<String> {
        var queue = FairQueue<String>()
        for entry in entries {
            queue.insert(
                FairQueue.Entry(
                    "\(entry.arrival)", principal: entry.principal, cost: entry.cost, arrival: entry.arrival))
        }
        return queue
    }

    /// Serves everything, and returns the arrivals in order.
    private func drain(_ queue: FairQueue<String>) -> [UInt64] {
        var (queue, order) = (queue, [UInt64]())
        while let first = queue.first {
            order.append(first.arrival)
            queue.serve(first.arrival)
        }
        return order
    }

    @Test func `one principal is served in order of arrival, whatever requests cost`() {
        let queue = queue([(1, nil, 500), (2, nil, 3), (4, nil, 70), (3, nil, 9)])
        #expect(drain(queue) == [1, 2, 3, 4])
        #expect(queue.next(3).map(\.arrival) == [1, 2, 3])
        #expect(queue.next(0).isEmpty)
        #expect(queue.count == 4)
    }

    @Test func `principals take turns, however many requests each has waiting`() {
        let queue = queue([(1, "a", 10), (2, "a", 10), (3, "a", 10), (4, "a", 10), (5, "b", 10), (6, "c", 10)])
        #expect(drain(queue) == [1, 5, 6, 2, 3, 4])
    }

    @Test func `principals share by cost, not by the number of requests`() {
        let queue = queue([
            (1, "a", 100), (2, "a", 100), (3, "b", 25), (4, "b", 25), (5, "b", 25), (6, "b", 25), (7, "b", 25),
        ])
        #expect(drain(queue) == [1, 3, 4, 5, 6, 2, 7])
    }

    @Test func `the order that is previewed is the order of service`() {
        let queue = queue((1...60).map { (UInt64($0), ["a", "b", nil][$0 * 7 % 3], 1 + $0 * 37 % 50) })
        #expect(queue.next(60).map(\.arrival) == drain(queue))
        #expect(Set(drain(queue)).count == 60)
    }

    @Test func `a principal that was idle has saved up no credit`() {
        var queue = queue((1...10).map { (UInt64($0), "a", 10) })
        for _ in 0..<5 { queue.first.map { _ = queue.serve($0.arrival) } }
        for arrival in 11...14 as ClosedRange<UInt64> {
            queue.insert(FairQueue.Entry("\(arrival)", principal: "b", cost: 10, arrival: arrival))
        }
        #expect(drain(queue) == [11, 6, 12, 7, 13, 8, 14, 9, 10])
    }

    @Test func `a cancelled request costs its principal nothing`() {
        var queue = queue([(1, "a", 1000), (2, "a", 10), (3, "b", 10)])
        #expect(queue.remove(1)?.element == "1")
        #expect(queue.remove(1) == nil)
        #expect(drain(queue) == [2, 3])
    }

    @Test func `a short request that overtakes is charged to its principal`() {
        var queue = queue([(1, "a", 10), (2, "a", 10), (3, "b", 10), (4, "b", 10)])
        #expect(queue.serve(4)?.arrival == 4)
        #expect(queue.next(3).map(\.arrival) == [1, 2, 3])
    }

    @Test func `paused entries are skipped and keep their place`() {
        let queue = queue([(1, nil, 1), (2, nil, 1), (3, nil, 1)])
        #expect(queue.next(3) { $0 == "1" }.map(\.arrival) == [2, 3])
        #expect(queue.first?.arrival == 1)
    }

    @Test func `entries past their deadline are removed`() {
        let start = ContinuousClock.now
        var queue = FairQueue<Int>()
        for (arrival, seconds) in [(1, 5), (2, 1), (3, nil), (4, 2)] as [(UInt64, Int?)] {
            queue.insert(
                FairQueue.Entry(
                    Int(arrival), arrival: arrival, deadline: seconds.map { start.advanced(by: .seconds($0)) }))
        }
        #expect(queue.removeExpired(at: start).isEmpty)
        #expect(queue.removeExpired(at: start.advanced(by: .seconds(2))).map(\.arrival) == [2, 4])
        #expect(queue.entries.map(\.arrival) == [1, 3])
    }

    @Test func `debts end with the last waiting request, also if it was cancelled`() {
        var queue = FairQueue<String>()
        queue.insert(FairQueue.Entry("a1", principal: "a", cost: 1000, arrival: 1))
        queue.insert(FairQueue.Entry("b1", principal: "b", cost: 1, arrival: 2))
        queue.serve(1)
        queue.remove(2)
        queue.insert(FairQueue.Entry("a2", principal: "a", cost: 1, arrival: 3))
        queue.insert(FairQueue.Entry("b2", principal: "b", cost: 1, arrival: 4))
        #expect(queue.next(2).map(\.element) == ["a2", "b2"])
    }

    // MARK: Corrections

    @Test func `what a request really cost replaces its estimate`() {
        var queue = queue([(1, "a", 1000), (2, "a", 10), (3, "b", 10), (4, "b", 10), (5, "b", 10)])
        let period = queue.period
        queue.serve(1)
        #expect(drain(queue) == [3, 4, 5, 2])
        queue.correct("a", in: period, by: -985)
        #expect(drain(queue) == [3, 4, 2, 5])
        queue.correct("b", in: period, by: 100)
        #expect(drain(queue) == [2, 3, 4, 5])
    }

    @Test func `a correction gives no credit for later`() {
        var queue = queue([(1, "a", 100), (2, "b", 10), (3, "b", 10), (4, "b", 10), (5, "a", 10), (6, "a", 10)])
        let period = queue.period
        queue.serve(1)
        queue.serve(2)
        queue.serve(3)
        queue.correct("a", in: period, by: -1_000_000)
        #expect(drain(queue) == [5, 4, 6])
    }

    @Test func `a correction after nobody waited any more has no effect`() {
        var queue = queue([(1, "a", 10)])
        let period = queue.period
        queue.serve(1)
        for (arrival, principal) in [(2, "a"), (3, "b"), (4, "a")] as [(UInt64, String)] {
            queue.insert(FairQueue.Entry("", principal: principal, cost: 10, arrival: arrival))
        }
        queue.correct("a", in: period, by: 1000)
        #expect(drain(queue) == [2, 3, 4])
    }

    // MARK: Aging

    @Test func `a principal that owes much is next after the others have had the bound`() {
        let bound = FairQueue<String>.agingBound
        var queue = queue([(1, "a", 1 << 30), (2, "a", 1)])
        for arrival in 3...20 as ClosedRange<UInt64> {
            queue.insert(FairQueue.Entry("b", principal: "b", cost: bound / 8, arrival: arrival))
        }
        queue.serve(1)
        let order = drain(queue)
        #expect(order.firstIndex(of: 2) == 8)
        #expect(queue.next(19).map(\.arrival) == order)
    }

    @Test func `the bound grows with the number of the others, and no request waits longer`() {
        let bound = FairQueue<String>.agingBound
        var queue = FairQueue<String>()
        queue.insert(FairQueue.Entry("debtor", principal: "a", cost: 1 << 31, arrival: 1))
        queue.insert(FairQueue.Entry("late", principal: "a", cost: 1, arrival: 2))
        queue.serve(1)
        var (arrival, served) = (3 as UInt64, 0)
        while queue[2] != nil, served < 10 * bound {
            // Four others always have something waiting, as long as they are served.
            for principal in ["b", "c", "d", "e"] {
                queue.insert(FairQueue.Entry("", principal: principal, cost: 512, arrival: arrival))
                arrival += 1
            }
            if let first = queue.first, let entry = queue.serve(first.arrival) { served += entry.cost }
        }
        #expect((4 * bound...4 * bound + 1024).contains(served))
    }

    @Test func `a principal with many requests is not next because they wait long`() {
        let bound = FairQueue<String>.agingBound
        var queue = queue((1...40).map { (UInt64($0), "a", bound) })
        for _ in 0..<20 { queue.first.map { _ = queue.serve($0.arrival) } }
        queue.insert(FairQueue.Entry("", principal: "b", cost: 10, arrival: 41))
        queue.insert(FairQueue.Entry("", principal: "b", cost: 10, arrival: 42))
        #expect(queue.next(2).map(\.arrival) == [41, 42])
    }
}
