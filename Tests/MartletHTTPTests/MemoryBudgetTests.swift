import MartletHTTP
import Testing

struct MemoryBudgetTests {
    private static func refusal(of bytes: Int, by reservation: borrowing MemoryReservation) -> MemoryBudget.Exceeded? {
        do throws(MemoryBudget.Exceeded) {
            try reservation.add(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `reserved memory is returned when its reservation ends`() throws {
        let budget = MemoryBudget(limit: 1000)
        do {
            let reservation = MemoryReservation(of: budget)
            try reservation.add(600)
            #expect(budget.usedBytes == 600)
            let refusals = [Self.refusal(of: 500, by: reservation), Self.refusal(of: 1001, by: reservation)]
            #expect(refusals == [.init(isBeyondAll: true), .init(isBeyondAll: true)])
            #expect(budget.usedBytes == 600)
            try reservation.add(400)
            #expect(!budget.hasRoom(for: 1))
            reservation.set(to: 300)
            #expect(budget.usedBytes == 300)
            #expect(budget.hasRoom(for: 700))
        }
        #expect(budget.usedBytes == 0)
    }

    @Test func `a reservation that has grown to the whole budget does not wait for more`() throws {
        let budget = MemoryBudget(limit: 1000)
        let reservation = MemoryReservation(of: budget)
        try reservation.add(600)
        do {
            let other = MemoryReservation(of: budget)
            try other.add(300)
            #expect(Self.refusal(of: 200, by: reservation) == .init(isBeyondAll: false), "the other may end")
        }
        try reservation.add(400)
        #expect(Self.refusal(of: 1, by: reservation) == .init(isBeyondAll: true))
        #expect(budget.usedBytes == 1000)
    }

    @Test func `memory that is already in use is counted beyond the limit`() {
        let budget = MemoryBudget(limit: 10)
        let reservation = MemoryReservation(of: budget)
        reservation.set(to: 100)
        #expect(budget.usedBytes == 100)
        #expect(!budget.hasRoom(for: 1))
        reservation.set(to: 0)
        #expect(budget.hasRoom(for: 10))
    }

    @Test func `small reservations are free, and others count in steps`() {
        #expect(MemoryBudget.counted(0) == 0)
        #expect(MemoryBudget.counted(MemoryBudget.free) == 0)
        #expect(MemoryBudget.counted(MemoryBudget.free + 1) == MemoryBudget.step)
        #expect(MemoryBudget.counted(MemoryBudget.step + 1) == 2 * MemoryBudget.step)
    }

    @Test func `reservations on many threads add up`() async {
        let budget = MemoryBudget(limit: 10_000)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for size in 0..<2000 {
                        let reservation = MemoryReservation(of: budget)
                        try? reservation.add(size)
                    }
                }
            }
        }
        #expect(budget.usedBytes == 0)
    }
}
