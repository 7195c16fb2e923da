/// Decides what a step runs: which generations, and how many tokens of each.
///
/// In vLLM's terms a generation is waiting, then running. One whose blocks an older one needs is preempted: it waits
/// again, before the younger ones, and is recomputed. Pure: no model, thread or clock.
struct Scheduler {
    /// A generation's part in a step: the first `count` of its pending tokens.
    struct Turn: Equatable {
        let id: Generation.ID
        let count: Int
    }

    private let limits: EngineLimits
    private(set) var pool: BlockPool
    private var generations: [Generation.ID: Generation] = [:]
    /// How many of them each request has.
    private var generationCounts: [EngineRequest.ID: Int] = [:]
    private(set) var waiting = WaitingQueue()
    /// What requests that have been admitted are charged, and the tokens of their generations that have ended.
    private var charges: [EngineRequest.ID: (charge: WaitingQueue.Charge, used: Int)] = [:]
    /// In order of admission.
    private(set) var running: [Generation.ID] = []
    private(set) var preemptionCount = 0

    /// - Parameter blockCount: at least as many as a whole context takes, so that a lone generation always fits.
    init(_ limits: EngineLimits, blockCount: Int) {
        self.limits = limits
        pool = BlockPool(blockCount: blockCount, blockSize: limits.blockSize)
    }

    // MARK: Generations

    subscript(id: Generation.ID) -> Generation? { generations[id] }

    /// Appends the token that was sampled for a generation.
    mutating func append(_ token: Int, to id: Generation.ID) { generations[id]?.append(token) }

    /// Records that a prompt's log-probabilities have been reported.
    mutating func setScored(_ id: Generation.ID) { generations[id]?.isScored = true }

    /// Puts a generation into the waiting queue.
    ///
    /// - Parameters:
    ///   - principal: who sent its request; shares the engine with other principals.
    ///   - deadline: when waiting becomes pointless for its request.
    ///   - cost: the estimated tokens of its request; nil for the most that this generation can have.
    mutating func add(
        _ generation: Generation, principal: String? = nil, deadline: ContinuousClock.Instant? = nil, cost: Int? = nil
    ) {
        generations[generation.id] = generation
        if generationCounts[generation.request] == nil {
            waiting.insert(
                first: generation.id, of: generation.request, cost: cost ?? generation.limit, principal: principal,
                deadline: deadline)
        } else {
            waiting.insert(generation.id, of: generation.request)
        }
        generationCounts[generation.request, default: 0] += 1
    }

    /// Removes a generation, waiting or running, and releases its blocks. Unknown ones are ignored. With the last one of a
    /// request, its charge becomes what it has used: its prompt, once, and the tokens that were generated.
    mutating func remove(_ id: Generation.ID) {
        guard var generation = generations.removeValue(forKey: id) else { return }
        generation.end(in: &pool)
        let others = (generationCounts[generation.request] ?? 1) - 1
        generationCounts[generation.request] = others > 0 ? others : nil
        waiting.remove(id, of: generation.request)
        running.removeAll { $0 == id }
        charges[generation.request]?.used += generation.tokens.count - generation.promptCount
        if others == 0, let (charge, used) = charges.removeValue(forKey: generation.request) {
            waiting.settle(charge, used: generation.promptCount + used)
        }
    }

    /// Takes the requests out of the waiting queue that have not run yet and whose deadline has passed. The caller
    /// removes their generations.
    mutating func removeExpired(at now: ContinuousClock.Instant) -> [EngineRequest.ID] {
        waiting.removeExpired(at: now).compactMap { generations[$0]?.request }
    }

    /// Records that the model has computed a turn's tokens.
    mutating func advance(_ turn: Turn) {
        generations[turn.id]?.advance(by: turn.count, in: &pool)
    }

    // MARK: A step

    /// What the next step runs: the latest tokens of each decoding generation, nearly always one, then prompts, those of the
    /// requests with the fewest running generations first, as far as the budget goes. A part of the budget is reserved for short prompts.
    /// Generations in `paused` do not take part.
    mutating func schedule(excluding paused: Set<Generation.ID> = []) -> [Turn] {
        var turns: [Turn] = []
        var room = limits.tokensPerStep
        for id in running where !paused.contains(id) && generations[id]?.isDecoding == true {
            guard room > 0, running.contains(id), let pending = generations[id]?.pending.count else { continue }
            room -= take(min(pending, room), for: id, &turns)
        }
        let spent = turns.reduce(0) { $0 + $1.count }
        var budget = min(
            limits.tokensPerStep - spent, turns.isEmpty ? limits.tokensPerStep : limits.prefillTokens)
        let short = shortPrompts(upTo: min(budget, limits.prefillTokens / 4), excluding: paused)
        let reserve = short.reduce(0) { $0 + $1.count }
        for id in running where !paused.contains(id) && budget > reserve {
            guard let generation = generations[id], !generation.isDecoding, running.contains(id) else { continue }
            budget -= take(min(generation.pending.count, budget - reserve), for: id, &turns)
        }
        while budget > reserve, let id = nextWaiting(1, excluding: paused).first, admit(id, preempting: paused, &turns)
        {
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

    /// Prompts after the oldest one that fit into `budget` together, so that a short prompt does not wait for a long
    /// one. Older generations lose neither a slot nor a block to them.
    private func shortPrompts(
        upTo budget: Int, excluding paused: Set<Generation.ID>
    ) -> [(id: Generation.ID, count: Int)] {
        var short: [(id: Generation.ID, count: Int)] = []
        var (rest, slots, blocks) = (budget, limits.running - running.count, pool.freeCount)
        let begun = running.filter { !paused.contains($0) && generations[$0]?.isDecoding == false }
        for id in begun.dropFirst() {
            guard let count = generations[id]?.pending.count, count <= rest else { continue }
            short.append((id, count))
            rest -= count
        }
        // Only the first 16 are considered: each costs a search of the cache.
        for (index, id) in nextWaiting(min(16, slots), excluding: paused).enumerated() {
            guard let generation = generations[id] else { continue }
            slots -= 1
            blocks -= (generation.tokens.count + limits.blockSize - 1) / limits.blockSize
            guard slots >= 0, blocks >= 0 else { break }
            if index == 0 && begun.isEmpty { continue }
            let count = generation.uncachedCount(in: pool)
            guard count <= rest else { continue }
            short.append((id, count))
            rest -= count
        }
        return short
    }

    /// Gives a running generation a turn of at most `count` tokens, preempting later ones if it needs their blocks.
    /// Returns how many tokens it got.
    @discardableResult
    private mutating func take(_ count: Int, for id: Generation.ID, _ turns: inout [Turn]) -> Int {
        guard var generation = generations[id] else { return 0 }
        // Scoring needs the logits of every token, a whole vocabulary for each.
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

    private mutating func preempt(_ id: Generation.ID, _ turns: inout [Turn]) {
        running.removeAll { $0 == id }
        // Its blocks are gone, so it cannot compute in this step.
        turns.removeAll { $0.id == id }
        if let request = generations[id]?.request { waiting.insert(id, of: request) }
        generations[id]?.end(in: &pool)
        preemptionCount += 1
    }

    /// Moves a waiting generation to the running ones, if the cache has room for all of its tokens. Paused generations
    /// are preempted for it, so that a client that does not read delays nobody. So are the latest of a request that has
    /// more running generations than this one's request will have.
    private mutating func admit(
        _ id: Generation.ID, preempting paused: Set<Generation.ID>, _ turns: inout [Turn]
    ) -> Bool {
        while running.count >= limits.running || !begin(id) {
            guard let victim = running.last(where: paused.contains) ?? largerShare(than: id) else { return false }
            preempt(victim, &turns)
        }
        if let request = generations[id]?.request, let charge = waiting.admit(id, of: request) {
            charges[request] = (charge, 0)
        }
        running.append(id)
        return true
    }

    /// Gives a generation its cached prefix, if there is room for its other tokens.
    private mutating func begin(_ id: Generation.ID) -> Bool {
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

    /// How many running generations each request has, without the paused ones.
    private func shares(excluding paused: Set<Generation.ID> = []) -> [EngineRequest.ID: Int] {
        var shares: [EngineRequest.ID: Int] = [:]
        for id in running where !paused.contains(id) {
            if let request = generations[id]?.request { shares[request, default: 0] += 1 }
        }
        return shares
    }

    private func nextWaiting(_ limit: Int, excluding paused: Set<Generation.ID>) -> [Generation.ID] {
        waiting.count == 0 ? [] : waiting.next(limit, shares: shares(excluding: paused), excluding: paused)
    }

    /// The first to preempt: the latest generation of the request with the most. If each request has one, that is the
    /// generation admitted last.
    private var latestOfLargest: Generation.ID? {
        let shares = shares()
        let largest = shares.values.max()
        return running.last { generations[$0].flatMap { shares[$0.request] } == largest }
    }

    /// The latest generation of the request with the most, if that is more than the request of `id` will have. Nil if
    /// preempting all such generations would still not free enough blocks for `id`.
    private func largerShare(than id: Generation.ID) -> Generation.ID? {
        guard let generation = generations[id] else { return nil }
        let share = (shares()[generation.request] ?? 0) + 1
        var counts: [EngineRequest.ID: Int] = [:]
        var beyond: [(id: Generation.ID, request: EngineRequest.ID)] = []
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
