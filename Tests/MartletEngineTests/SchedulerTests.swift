import MartletUV
import Testing

@testable import MartletEngine

struct SchedulerTests {
    private func scheduler(blocks: Int = 64, _ change: (inout EngineLimits) -> Void = { _ in }) -> Scheduler {
        var limits = EngineLimits()
        change(&limits)
        return Scheduler(limits, blockCount: blocks)
    }

    private func add(_ number: UInt64, prompt: Int, to scheduler: inout Scheduler, limit: Int = 1000) -> Generation.ID {
        let id = Generation.ID(number: number)
        let tokens = (0..<prompt).map { $0 * 31 + Int(number) * 1009 }
        scheduler.add(Generation(id: id, .text, prompt: tokens, limit: limit))
        return id
    }

    /// Runs a step, and gives each generation that has no more to compute a token.
    @discardableResult
    private func step(_ scheduler: inout Scheduler, excluding paused: Set<Generation.ID> = []) -> [Generation.ID: Int] {
        var counts: [Generation.ID: Int] = [:]
        for turn in scheduler.schedule(excluding: paused) {
            #expect(counts[turn.id] == nil, "one turn each")
            scheduler.advance(turn)
            if scheduler[turn.id]?.pending.isEmpty == true { scheduler.append(1, to: turn.id) }
            counts[turn.id] = turn.count
        }
        return counts
    }

    @Test func `a prompt is computed in chunks, and others decode meanwhile`() {
        var scheduler = scheduler { $0.prefillTokens = 10 }
        let short = add(1, prompt: 3, to: &scheduler)
        #expect(step(&scheduler) == [short: 3])
        let long = add(2, prompt: 25, to: &scheduler)
        #expect(step(&scheduler) == [short: 1, long: 10])
        #expect(step(&scheduler) == [short: 1, long: 10])
        #expect(step(&scheduler) == [short: 1, long: 5])
        #expect(step(&scheduler) == [short: 1, long: 1])
    }

    @Test func `several tokens that were appended at once are computed in one step, before prompts`() {
        var scheduler = scheduler { ($0.prefillTokens, $0.tokensPerStep) = (10, 40) }
        let stream = add(1, prompt: 3, to: &scheduler)
        step(&scheduler)
        for _ in 0..<7 { scheduler.append(2, to: stream) }
        let prompt = add(2, prompt: 25, to: &scheduler)
        #expect(step(&scheduler) == [stream: 8, prompt: 10])
        // More than a continuation has at once is computed like a prompt.
        for _ in 0..<Generation.maximumRun { scheduler.append(2, to: stream) }
        #expect(step(&scheduler) == [stream: 33, prompt: 7])
        #expect(step(&scheduler) == [stream: 1, prompt: 8])
    }

    @Test func `a short prompt does not wait for a long one`() {
        var scheduler = scheduler { $0.prefillTokens = 40 }
        let stream = add(1, prompt: 3, to: &scheduler)
        step(&scheduler)
        let long = add(2, prompt: 500, to: &scheduler)
        let other = add(3, prompt: 300, to: &scheduler)
        let short = add(4, prompt: 10, to: &scheduler)
        let second = add(5, prompt: 2, to: &scheduler)
        #expect(step(&scheduler) == [stream: 1, short: 10, long: 30])
        // The oldest gets what the short ones leave.
        #expect(step(&scheduler) == [stream: 1, short: 1, second: 2, long: 38])
        #expect(step(&scheduler) == [stream: 1, short: 1, second: 1, long: 40])
        #expect(scheduler.waiting.all == [other])
    }

    @Test func `short prompts take neither slots nor blocks from older requests`() {
        var scheduler = scheduler(blocks: 40) { $0.running = 2 }
        let stream = add(1, prompt: 3, to: &scheduler)
        step(&scheduler)
        // The long one needs one block more than there is.
        let long = add(2, prompt: 625, to: &scheduler)
        let short = add(3, prompt: 3, to: &scheduler)
        #expect(step(&scheduler) == [stream: 1])
        #expect(scheduler.waiting.all == [long, short])
        scheduler.remove(stream)
        #expect(step(&scheduler)[short] == nil)
        #expect(scheduler.running == [long])
    }

    @Test func `a prompt without others beside it has the whole step`() {
        var scheduler = scheduler {
            $0.prefillTokens = 10
            $0.tokensPerStep = 40
        }
        let long = add(1, prompt: 100, to: &scheduler)
        #expect(step(&scheduler) == [long: 40])
    }

    @Test func `requests beyond the limit wait in order of arrival`() {
        var scheduler = scheduler { $0.running = 2 }
        let ids = (1...4).map { add(UInt64($0), prompt: 3, to: &scheduler) }
        step(&scheduler)
        #expect(scheduler.running == Array(ids.prefix(2)))
        scheduler.remove(ids[0])
        step(&scheduler)
        #expect(scheduler.running == [ids[1], ids[2]])
        #expect(scheduler.waiting.all == [ids[3]])
    }

    @Test func `a paused generation makes no progress`() {
        var scheduler = scheduler()
        let ids = (1...2).map { add(UInt64($0), prompt: 3, to: &scheduler) }
        step(&scheduler)
        #expect(step(&scheduler, excluding: [ids[0]]) == [ids[1]: 1])
        #expect(step(&scheduler) == [ids[0]: 1, ids[1]: 1])
    }

    @Test func `a paused generation makes room for waiting ones, and resumes later`() {
        var scheduler = scheduler { $0.running = 2 }
        let slow = (1...2).map { add(UInt64($0), prompt: 20, to: &scheduler) }
        step(&scheduler)
        #expect(step(&scheduler, excluding: Set(slow)) == [:])
        #expect(scheduler.running == slow, "nobody waits")
        let quick = add(3, prompt: 3, to: &scheduler)
        #expect(step(&scheduler, excluding: Set(slow)) == [quick: 3])
        #expect(scheduler.running == [slow[0], quick])
        let kept = scheduler[slow[1]]?.tokens
        scheduler.remove(quick)
        // All of its tokens but the last block are still in the cache.
        #expect(step(&scheduler) == [slow[0]: 1, slow[1]: 5])
        #expect(scheduler[slow[1]]?.tokens.dropLast() == kept?[...])
    }

    @Test func `a prompt that is scored is computed in small pieces`() {
        var scheduler = scheduler { $0.scoredTokens = 10 }
        let id = Generation.ID(number: 1)
        scheduler.add(Generation(id: id, .scoredText, prompt: Array(0..<25), limit: 100))
        #expect((0..<3).map { _ in step(&scheduler)[id] } == [10, 10, 5])
    }

    @Test func `when the cache is full the latest is preempted, and continues later`() {
        var scheduler = scheduler(blocks: 4)
        let first = add(1, prompt: 30, to: &scheduler)
        let second = add(2, prompt: 30, to: &scheduler)
        for _ in 0..<4 { step(&scheduler) }
        #expect(scheduler.preemptionCount == 1)
        #expect(scheduler.running == [first])
        #expect(scheduler.waiting.all == [second])
        #expect(scheduler[second]?.tokens.count ?? 0 > 30, "what was generated is kept")
        let kept = scheduler[second]?.tokens
        scheduler.remove(first)
        step(&scheduler)
        #expect(scheduler.running == [second])
        #expect(scheduler[second]?.tokens.dropLast() == kept?[...])
        scheduler.remove(second)
        #expect(scheduler.pool.freeCount == 4)
    }

    @Test func `a generation that is preempted and admitted again in one step has one turn`() {
        var scheduler = scheduler(blocks: 5) { $0.scoredTokens = 16 }
        let scored = Generation.ID(number: 1)
        scheduler.add(Generation(id: scored, .scoredText, prompt: Array(0..<60), limit: 100))
        let slow = add(2, prompt: 20, to: &scheduler)
        let quick = add(3, prompt: 3, to: &scheduler)
        #expect(step(&scheduler) == [scored: 16, slow: 20, quick: 3])
        #expect(step(&scheduler, excluding: [slow]) == [scored: 16, quick: 1])
        // The first takes the quick one's block, and that one the slow one's.
        #expect(step(&scheduler, excluding: [slow]) == [scored: 16, quick: 5])
        #expect(scheduler.running == [scored, quick])
        #expect(scheduler.preemptionCount == 2)
    }

    @Test func `a cached prefix is not computed again`() {
        var scheduler = scheduler()
        let id = Generation.ID(number: 1)
        scheduler.add(Generation(id: id, .text, prompt: Array(0..<50), limit: 100))
        step(&scheduler)
        scheduler.remove(id)
        let again = Generation.ID(number: 2)
        scheduler.add(Generation(id: again, .text, prompt: Array(0..<50), limit: 100))
        #expect(step(&scheduler) == [again: 2])
        #expect(scheduler[again]?.cachedCount == 48)
        let scored = Generation.ID(number: 3)
        scheduler.add(Generation(id: scored, .scoredText, prompt: Array(0..<50), limit: 100))
        #expect(step(&scheduler)[scored] == 50, "every token's logits are wanted")
    }

    @Test func `the last token of a prompt is always computed`() {
        var scheduler = scheduler()
        for number in 1...2 as ClosedRange<UInt64> {
            let id = Generation.ID(number: number)
            scheduler.add(Generation(id: id, .text, prompt: Array(0..<32), limit: 100))
            #expect(step(&scheduler)[id] == (number == 1 ? 32 : 16))
        }
    }

    @Test func `under random arrivals and cancellations every generation ends and every block is freed`() {
        var random = SplitMix64(seed: 11)
        var scheduler = scheduler(blocks: 12) {
            $0.running = 5
            $0.prefillTokens = 7
        }
        var open: [Generation.ID: Int] = [:]
        for number in 1...400 as ClosedRange<UInt64> {
            if number < 300, random.next() % 3 == 0 {
                let id = add(number, prompt: Int(random.next() % 90) + 1, to: &scheduler)
                open[id] = 0
            }
            if let id = open.keys.min(by: { $0.number < $1.number }), random.next() % 40 == 0 {
                scheduler.remove(id)
                open[id] = nil
            }
            step(&scheduler)
            for id in open.keys where (scheduler[id]?.tokens.count ?? 0) - (scheduler[id]?.promptCount ?? 0) >= 30 {
                scheduler.remove(id)
                open[id] = nil
            }
        }
        for _ in 0..<5000 where !open.isEmpty {
            step(&scheduler)
            for id in open.keys where (scheduler[id]?.tokens.count ?? 0) - (scheduler[id]?.promptCount ?? 0) >= 30 {
                scheduler.remove(id)
                open[id] = nil
            }
        }
        #expect(open.isEmpty)
        #expect(scheduler.preemptionCount > 0)
        #expect(scheduler.pool.freeCount == 12)
    }
}
