import Testing

@testable import MartletEngine

/// Requests share the slots, independent of how many choices each has.
struct SchedulerShareTests {
    private func scheduler(blocks: Int = 256, running: Int) -> Scheduler {
        var limits = EngineLimits()
        limits.running = running
        return Scheduler(limits, blockCount: blocks)
    }

    /// Adds the choices of a request, whose generations are numbered from `request` on.
    private func add(_ request: UInt64, choices: Int, prompt: Int = 3, to scheduler: inout Scheduler) {
        for choice in 0..<UInt64(choices) {
            let tokens = (0..<prompt).map { $0 * 31 + Int(request) * 1009 }
            scheduler.add(
                Generation(
                    id: Generation.ID(number: request + choice), .text, prompt: tokens, limit: 10_000,
                    of: EngineRequest.ID(number: request)))
        }
    }

    private func step(_ scheduler: inout Scheduler, excluding paused: Set<Generation.ID> = []) {
        for turn in scheduler.schedule(excluding: paused) {
            scheduler.advance(turn)
            if scheduler[turn.id]?.pending.isEmpty == true { scheduler.append(1, to: turn.id) }
        }
    }

    /// How many slots each request has.
    private func shares(_ scheduler: Scheduler) -> [UInt64: Int] {
        Dictionary(scheduler.running.compactMap { scheduler[$0].map { ($0.request.number, 1) } }, uniquingKeysWith: +)
    }

    @Test func `a new request takes a slot from a request that has many, at once`() {
        var scheduler = scheduler(running: 8)
        add(1000, choices: 128, to: &scheduler)
        for _ in 0..<5 { step(&scheduler) }
        #expect(shares(scheduler) == [1000: 8])
        add(2000, choices: 1, to: &scheduler)
        step(&scheduler)
        #expect(shares(scheduler) == [1000: 7, 2000: 1])
        #expect(scheduler[Generation.ID(number: 2000)]?.tokens.count == 4, "it has its first token")
        for _ in 0..<20 { step(&scheduler) }
        #expect(scheduler.preemptionCount == 1, "one preemption is enough")
        scheduler.remove(Generation.ID(number: 2000))
        step(&scheduler)
        #expect(shares(scheduler) == [1000: 8])
        #expect(scheduler.running.last?.number == 1007, "the preempted one continues first")
    }

    @Test func `two requests with many choices get half of the slots each, and keep them`() {
        var scheduler = scheduler(running: 8)
        add(1000, choices: 20, to: &scheduler)
        for _ in 0..<3 { step(&scheduler) }
        add(2000, choices: 20, to: &scheduler)
        for _ in 0..<3 { step(&scheduler) }
        #expect(shares(scheduler) == [1000: 4, 2000: 4])
        #expect(scheduler.preemptionCount == 4)
        for _ in 0..<20 { step(&scheduler) }
        #expect(scheduler.preemptionCount == 4)
    }

    @Test func `new requests come before further choices when a slot is free`() {
        var scheduler = scheduler(running: 2)
        add(1000, choices: 5, to: &scheduler)
        step(&scheduler)
        add(2000, choices: 1, to: &scheduler)
        add(3000, choices: 1, to: &scheduler)
        step(&scheduler)
        #expect(shares(scheduler) == [1000: 1, 2000: 1])
        scheduler.remove(Generation.ID(number: 2000))
        step(&scheduler)
        #expect(shares(scheduler) == [1000: 1, 3000: 1])
        scheduler.remove(Generation.ID(number: 3000))
        step(&scheduler)
        #expect(shares(scheduler) == [1000: 2])
    }

    @Test func `requests with one slot each keep it`() {
        var scheduler = scheduler(running: 4)
        for number in 1...4 as ClosedRange<UInt64> { add(number * 1000, choices: 1, to: &scheduler) }
        step(&scheduler)
        add(5000, choices: 1, to: &scheduler)
        for _ in 0..<5 { step(&scheduler) }
        #expect(shares(scheduler) == [1000: 1, 2000: 1, 3000: 1, 4000: 1])
        #expect(scheduler.preemptionCount == 0)
    }

    @Test func `a full cache makes room for a new request, unless it would still not fit`() {
        // Each choice takes three blocks.
        var scheduler = scheduler(blocks: 12, running: 8)
        add(1000, choices: 4, prompt: 1, to: &scheduler)
        for _ in 0..<40 { step(&scheduler) }
        #expect(scheduler.pool.freeCount == 0)
        #expect(shares(scheduler) == [1000: 4])
        add(2000, choices: 1, prompt: 160, to: &scheduler)
        step(&scheduler)
        #expect(shares(scheduler) == [1000: 4], "ten blocks cannot be freed while one choice continues")
        scheduler.remove(Generation.ID(number: 2000))
        add(3000, choices: 1, prompt: 40, to: &scheduler)
        step(&scheduler)
        #expect(shares(scheduler) == [1000: 3, 3000: 1])
        for _ in 0..<6 { step(&scheduler) }
        #expect(shares(scheduler)[3000] == 1, "and it keeps its slot while the others grow")
    }

    @Test func `paused generations do not count as running`() {
        var scheduler = scheduler(running: 4)
        add(1000, choices: 4, to: &scheduler)
        for _ in 0..<2 { step(&scheduler) }
        let paused = Set((0..<4).map { Generation.ID(number: 1000 + $0) })
        add(2000, choices: 4, to: &scheduler)
        for _ in 0..<2 { step(&scheduler, excluding: paused) }
        #expect(shares(scheduler) == [2000: 4])
        for _ in 0..<4 { step(&scheduler) }
        #expect(shares(scheduler) == [1000: 2, 2000: 2])
    }

    @Test func `a request is charged what it has used when it ends, not the most that it could have taken`() {
        var scheduler = scheduler(running: 1)
        for (number, principal, limit) in [
            (10, "a", 10_000), (20, "a", 10_000), (30, "b", 13), (40, "b", 13), (50, "b", 13),
        ] as [(UInt64, String, Int)] {
            scheduler.add(
                Generation(id: Generation.ID(number: number), .text, prompt: [1, 2, Int(number)], limit: limit),
                principal: principal)
        }
        var order: [UInt64] = []
        for _ in 0..<5 {
            step(&scheduler)
            guard let id = scheduler.running.first else { break }
            order.append(id.number)
            // It ends after its prompt and one token.
            scheduler.remove(id)
        }
        #expect(order == [10, 30, 20, 40, 50])
    }
}
