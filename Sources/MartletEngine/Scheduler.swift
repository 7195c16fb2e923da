/// Decides what a step runs: which generations, and how many tokens of each.
///
/// In vLLM's words a generation is waiting, then running; one whose blocks an older one needs is preempted: it waits
/// again, first in line, and is computed anew. Pure: no model, thread or clock.
struct Scheduler {
    /// A generation's part in a step: so many of its pending tokens.
    struct Turn: Equatable {
        let id: GenerationID
        let count: Int
    }

    private let limits: EngineLimits
    private(set) var pool: BlockPool
    private var generations: [GenerationID: Generation] = [:]
    private(set) var waiting = WaitingQueue()
    /// In the order they were admitted.
    private(set) var running: [GenerationID] = []
    private(set) var preemptionCount = 0

    /// - Parameter blockCount: at least as many as a whole context takes: whoever is alone must fit.
    init(_ limits: EngineLimits, blockCount: Int) {
        self.limits = limits
        pool = BlockPool(blockCount: blockCount, blockSize: limits.blockSize)
    }

    // MARK: Generations

    subscript(id: GenerationID) -> Generation? { generations[id] }

    /// Adds the token that was chosen for a generation.
    mutating func append(_ token: Int, to id: GenerationID) { generations[id]?.append(token) }

    /// Says that a prompt's log-probabilities have been told.
    mutating func setScored(_ id: GenerationID) { generations[id]?.isScored = true }

    /// Adds a generation to those that wait.
    mutating func add(_ generation: Generation) {
        generations[generation.id] = generation
        waiting.insert(generation.id, of: generation.request)
    }

    /// Forgets a generation, whatever it is doing. Unknown ones are ignored.
    mutating func remove(_ id: GenerationID) {
        guard var generation = generations.removeValue(forKey: id) else { return }
        generation.end(in: &pool)
        waiting.remove(id, of: generation.request)
        running.removeAll { $0 == id }
    }

    /// Counts the tokens of a turn that the model has computed.
    mutating func advance(_ turn: Turn) {
        generations[turn.id]?.advance(by: turn.count, in: &pool)
    }

    // MARK: A step

    /// What the next step runs: a token of each generation that decodes, then what little short prompts need, then
    /// prompts, those of the requests that have the fewest running first, as far as the budget goes. Generations in `held` are left as they are.
    mutating func schedule(holding held: Set<GenerationID> = []) -> [Turn] {
        var turns: [Turn] = []
        for id in running where !held.contains(id) && generations[id]?.isDecoding == true {
            guard turns.count < limits.tokensPerStep, running.contains(id) else { continue }
            take(1, for: id, &turns)
        }
        var budget = min(
            limits.tokensPerStep - turns.count, turns.isEmpty ? limits.tokensPerStep : limits.prefillTokens)
        let short = shortPrompts(upTo: min(budget, limits.prefillTokens / 4), holding: held)
        let reserve = short.reduce(0) { $0 + $1.count }
        for id in running where !held.contains(id) && budget > reserve {
            guard let generation = generations[id], !generation.isDecoding, running.contains(id) else { continue }
            budget -= take(min(generation.pending.count, budget - reserve), for: id, &turns)
        }
        while budget > reserve, let id = nextWaiting(1, holding: held).first, admit(id, preempting: held, &turns) {
            guard let generation = generations[id] else { continue }
            budget -= take(min(generation.pending.count, budget - reserve), for: id, &turns)
        }
        for (id, count) in short where !turns.contains(where: { $0.id == id }) {
            guard running.contains(id) || admit(id, preempting: [], &turns), let generation = generations[id] else {
                continue
            }
            take(min(generation.pending.count, count), for: id, &turns)
        }
        return turns
    }

    /// Prompts behind the oldest one that need no more than `budget` together: who asks little is not to wait for who
    /// asks much. Nobody who is older loses a place or a block by it.
    private func shortPrompts(
        upTo budget: Int, holding held: Set<GenerationID>
    ) -> [(id: GenerationID, count: Int)] {
        var short: [(id: GenerationID, count: Int)] = []
        var (rest, places, blocks) = (budget, limits.running - running.count, pool.freeCount)
        let begun = running.filter { !held.contains($0) && generations[$0]?.isDecoding == false }
        for id in begun.dropFirst() {
            guard let count = generations[id]?.pending.count, count <= rest else { continue }
            short.append((id, count))
            rest -= count
        }
        // Not all that wait are looked at: each costs a search of the cache.
        for (index, id) in nextWaiting(min(16, places), holding: held).enumerated() {
            guard let generation = generations[id] else { continue }
            places -= 1
            blocks -= (generation.tokens.count + limits.blockSize - 1) / limits.blockSize
            guard places >= 0, blocks >= 0 else { break }
            if index == 0 && begun.isEmpty { continue }
            let count = generation.uncachedCount(in: pool)
            guard count <= rest else { continue }
            short.append((id, count))
            rest -= count
        }
        return short
    }

    /// Gives a running generation a turn of at most `count` tokens, preempting later ones for the room. Returns how
    /// many it got.
    @discardableResult
    private mutating func take(_ count: Int, for id: GenerationID, _ turns: inout [Turn]) -> Int {
        guard var generation = generations[id] else { return 0 }
        // Scores take the logits of every token, and those of one are many.
        let count = generation.purpose == .scoredText ? min(count, limits.scoredTokens) : count
        var room = generation.reserve(count, in: &pool)
        while room < count, let victim = latestOfLargest, victim != id {
            preempt(victim, &turns)
            room = generation.reserve(count, in: &pool)
        }
        generations[id] = generation
        if room == 0 { preempt(id, &turns) } else { turns.append(Turn(id: id, count: room)) }
        return room
    }

    private mutating func preempt(_ id: GenerationID, _ turns: inout [Turn]) {
        running.removeAll { $0 == id }
        // It has no cache to compute in any more.
        turns.removeAll { $0.id == id }
        if let request = generations[id]?.request { waiting.insert(id, of: request) }
        generations[id]?.end(in: &pool)
        preemptionCount += 1
    }

    /// Moves one that waits to the running ones, if the cache has room for all of its tokens. Held generations
    /// are preempted for it: a client that does not read is not to keep others waiting. So are the latest of a request
    /// that has more running generations than this one's request will have.
    private mutating func admit(
        _ id: GenerationID, preempting held: Set<GenerationID>, _ turns: inout [Turn]
    ) -> Bool {
        while running.count >= limits.running || !begin(id) {
            guard let victim = running.last(where: held.contains) ?? largerShare(than: id) else { return false }
            preempt(victim, &turns)
        }
        if let request = generations[id]?.request { waiting.remove(id, of: request) }
        running.append(id)
        return true
    }

    /// Gives a generation what the cache has of its tokens, if there is room for the others.
    private mutating func begin(_ id: GenerationID) -> Bool {
        guard var generation = generations[id] else { return false }
        generation.begin(in: &pool)
        let needed = (generation.tokens.count + limits.blockSize - 1) / limits.blockSize - generation.blocks.count
        guard needed <= pool.freeCount else {
            generation.end(in: &pool)
            return false
        }
        generations[id] = generation
        return true
    }

    // MARK: Shares

    /// How many running generations each request has, held ones not counted.
    private func shares(holding held: Set<GenerationID> = []) -> [RequestID: Int] {
        var shares: [RequestID: Int] = [:]
        for id in running where !held.contains(id) {
            if let request = generations[id]?.request { shares[request, default: 0] += 1 }
        }
        return shares
    }

    private func nextWaiting(_ limit: Int, holding held: Set<GenerationID>) -> [GenerationID] {
        waiting.count == 0 ? [] : waiting.next(limit, shares: shares(holding: held), holding: held)
    }

    /// The first to preempt: the latest generation of the request that has the most. If each request has one, that is
    /// the one admitted last.
    private var latestOfLargest: GenerationID? {
        let shares = shares()
        let largest = shares.values.max()
        return running.last { generations[$0].flatMap { shares[$0.request] } == largest }
    }

    /// The latest generation of the request that has the most, if that is more than the request of `id` will have.
    /// Nil if preempting all such generations would still not free enough blocks for `id`.
    private func largerShare(than id: GenerationID) -> GenerationID? {
        guard let generation = generations[id] else { return nil }
        let share = (shares()[generation.request] ?? 0) + 1
        var counts: [RequestID: Int] = [:]
        var beyond: [(id: GenerationID, request: RequestID)] = []
        for id in running {
            guard let request = generations[id]?.request else { continue }
            counts[request, default: 0] += 1
            if counts[request, default: 0] > share { beyond.append((id, request)) }
        }
        let most = counts.values.max() ?? 0
        let needed = (generation.tokens.count + limits.blockSize - 1) / limits.blockSize
        guard needed <= pool.freeCount + pool.countFreed(by: beyond.compactMap { generations[$0.id]?.blocks })
        else { return nil }
        return beyond.last { counts[$0.request] == most }?.id
    }
}
