internal import Martlet
internal import MartletConstraint

/// The engine without its thread: all work happens in `step()`, which is schedule, forward, sample, post-process.
///
/// The results of a request do not depend, to the bit, on what else is running, on how its prompt was cut into steps or on
/// how much of it was in the cache.
struct EngineCore<Model: LanguageModel> {
    private let model: Model
    private let configuration: LanguageModelConfiguration
    private let jump: Bool
    private var cache: Model.Cache
    private var scheduler: Scheduler
    private var requests: [EngineRequest.ID: Request] = [:]
    private var owners: [Generation.ID: Owner] = [:]
    private var samplers: [Generation.ID: ChoiceSampler] = [:]
    private var lastNumber: UInt64 = 0
    private var meanReply = MeanReply()

    init(_ model: Model, limits: EngineLimits) {
        self.model = model
        (configuration, jump) = (model.configuration, limits.jump)
        let blockCount = limits.blockCount(for: configuration)
        cache = model.makeCache(blockCount: blockCount, blockSize: limits.blockSize)
        scheduler = Scheduler(limits, blockCount: blockCount)
    }

    var isIdle: Bool { requests.isEmpty }

    /// Whether the last step computed anything. If not, nothing will change until a request is added, cancelled or
    /// resumed.
    private(set) var hasProgressed = false

    /// Totals since the start.
    private var done = EngineCounters()

    /// Load and totals without the times, which the caller measures.
    var counters: EngineCounters {
        var counters = done
        counters.waiting = scheduler.waiting.count
        counters.running = scheduler.running.count
        counters.blocks = scheduler.pool.blockCount
        counters.usedBlocks = scheduler.pool.blockCount - scheduler.pool.freeCount
        counters.preemptions = scheduler.preemptionCount
        return counters
    }

    // MARK: Requests

    mutating func generate(_ spec: EngineRequest) -> EngineRequest.ID {
        let id = nextRequest(spec)
        let room = configuration.contextLength - spec.prompt.count
        let limit = spec.prompt.count + min(spec.maxTokens ?? room, room)
        let sampler = Sampler(
            spec.sampling, alternativeCount: spec.topLogprobs, prompt: spec.prompt, endTokens: configuration.endTokens,
            seed: spec.seed)
        let purpose: Generation.Purpose = spec.scoresPrompt ? .scoredText : .text
        begin(0, of: id, purpose, prompt: spec.prompt, limit: limit, ChoiceSampler(sampler, spec.matcher))
        return id
    }

    /// Begins the choices after the first, whose generation has its prompt in the cache and no token of its own yet.
    private mutating func beginOthers(after first: Generation, of id: EngineRequest.ID) {
        guard let spec = requests[id]?.spec, spec.choices > 1, let sampler = samplers[first.id] else { return }
        for choice in 1..<spec.choices {
            let seed = spec.seed &+ UInt64(choice) &* 0x9e37_79b9_7f4a_7c15
            begin(choice, of: id, .text, prompt: spec.prompt, limit: first.limit, sampler.seeded(seed))
        }
    }

    private mutating func begin(
        _ choice: Int, of id: EngineRequest.ID, _ purpose: Generation.Purpose, prompt: [Int], limit: Int,
        _ sampler: ChoiceSampler
    ) {
        let generation = Generation(id: nextGeneration(), purpose, prompt: prompt, limit: limit, of: id)
        owners[generation.id] = Owner(request: id, choice: choice)
        samplers[generation.id] = sampler
        requests[id]?.open.insert(generation.id)
        guard let spec = requests[id]?.spec else { return }
        let estimate = TokenEstimate(
            promptTokens: prompt.count, maxTokens: spec.maxTokens, choices: spec.choices, meanReply: meanReply.tokens,
            contextLength: configuration.contextLength)
        scheduler.add(generation, principal: spec.principal, deadline: spec.deadline, cost: estimate.total)
    }

    /// Computes the vector of a request's prompt.
    mutating func embed(_ spec: EngineRequest) -> EngineRequest.ID {
        let id = nextRequest(spec)
        let generation = Generation(
            id: nextGeneration(), .embedding, prompt: spec.prompt, limit: spec.prompt.count, of: id)
        owners[generation.id] = Owner(request: id, choice: 0)
        let zeros = [Float](repeating: 0, count: configuration.hiddenSize)
        requests[id]?.open = [generation.id]
        requests[id]?.sum = zeros
        scheduler.add(generation, principal: spec.principal, deadline: spec.deadline)
        return id
    }

    /// Drops a request and its generations. There will be no more results of it. Unknown and finished ones are ignored.
    mutating func cancel(_ id: EngineRequest.ID) {
        guard let request = requests.removeValue(forKey: id) else { return }
        for generation in request.open { drop(generation) }
    }

    /// Drops the requests that have not run yet and whose deadline has passed. There are no results of them.
    mutating func removeExpired(at now: ContinuousClock.Instant) -> [EngineRequest.ID] {
        let expired = scheduler.removeExpired(at: now)
        for id in expired { cancel(id) }
        return expired
    }

    /// Ends a choice before its end; the others go on.
    mutating func end(_ id: EngineRequest.ID, choice: Int) {
        guard let request = requests[id] else { return }
        for generation in request.open where owners[generation]?.choice == choice {
            recordLength(of: generation, request.spec)
            drop(generation)
        }
    }

    /// Counts a reply that has ended by itself for the estimates of others.
    private mutating func recordLength(of id: Generation.ID, _ spec: EngineRequest) {
        guard spec.maxTokens == nil, let generation = scheduler[id] else { return }
        meanReply.add(generation.tokens.count - generation.promptCount)
    }

    private mutating func nextRequest(_ spec: EngineRequest) -> EngineRequest.ID {
        lastNumber += 1
        let id = EngineRequest.ID(number: lastNumber)
        requests[id] = Request(spec: spec)
        return id
    }

    private mutating func nextGeneration() -> Generation.ID {
        lastNumber += 1
        return Generation.ID(number: lastNumber)
    }

    // MARK: A step

    /// Schedules, runs one pass of the model, samples: at most one token for each choice, and those that its constraint
    /// leaves no choice of.
    ///
    /// - Parameters:
    ///   - paused: requests that do not take part, because their consumers have given no credit.
    ///   - onStart: called for each request that takes part for the first time, before anything is computed.
    mutating func step(
        excluding paused: Set<EngineRequest.ID> = [], onStart: (EngineRequest.ID) -> Void = { _ in }
    ) -> [StepResult] {
        let turns = scheduler.schedule(excluding: generations(of: paused))
        hasProgressed = !turns.isEmpty
        guard hasProgressed else { return [] }
        for turn in turns {
            guard let id = owners[turn.id]?.request, requests[id]?.hasStarted == false else { continue }
            requests[id]?.hasStarted = true
            onStart(id)
        }
        done.steps += 1
        done.lastStepTokens = turns.reduce(0) { $0 + $1.count }
        done.stepTokens += done.lastStepTokens
        let batch = ForwardBatch(segments: turns.compactMap(segment))
        var rows = OutputRows(model.forward(batch, cache: &cache), configuration)
        var results: [StepResult] = []
        for (turn, segment) in zip(turns, batch.segments) {
            scheduler.advance(turn)
            guard let generation = scheduler[turn.id], let owner = owners[turn.id] else { continue }
            switch segment.output {
            case .nothing: break
            case .allHidden: pool(generation, owner, segment, &rows, &results)
            case .allLogits: score(generation, owner, segment, &rows, &results)
            case .lastLogits: sample(generation, owner, rows.nextLogits(), &results)
            }
        }
        for case .failed(let id, _) in results { cancel(id) }
        return results
    }

    private func generations(of requests: Set<EngineRequest.ID>) -> Set<Generation.ID> {
        var generations: Set<Generation.ID> = []
        for id in requests { generations.formUnion(self.requests[id]?.open ?? []) }
        return generations
    }

    private func segment(_ turn: Scheduler.Turn) -> ForwardBatch.Segment? {
        guard let generation = scheduler[turn.id] else { return nil }
        let tokens = generation.pending.prefix(turn.count)
        let output: ForwardBatch.Output =
            switch generation.purpose {
            case .embedding: .allHidden
            case .scoredText where !generation.isScored: .allLogits
            default: turn.count == generation.pending.count ? .lastLogits : .nothing
            }
        return ForwardBatch.Segment(
            tokens: tokens, start: generation.computedCount, blocks: generation.blocks, output: output)
    }

    // MARK: Post-processing

    /// Chooses the next token of a generation whose tokens are all computed.
    private mutating func sample(
        _ generation: Generation, _ owner: Owner, _ logits: Logits, _ results: inout [StepResult]
    ) {
        if generation.tokens.count == generation.promptCount && owner.choice == 0 {
            results.append(.cached(owner.request, tokens: generation.cachedCount ?? 0))
            done.promptTokens += generation.promptCount
            done.cachedTokens += generation.cachedCount ?? 0
            beginOthers(after: generation, of: owner.request)
        }
        guard generation.tokens.count < generation.limit else {
            results.append(.end(owner.request, choice: owner.choice, .length))
            return drop(generation.id)
        }
        do { try extend(generation, owner, logits, &results) } catch { results.append(.failed(owner.request, error)) }
    }

    /// Appends the next token, and those that must follow it if they are computed at once.
    private mutating func extend(
        _ generation: Generation, _ owner: Owner, _ logits: Logits, _ results: inout [StepResult]
    ) throws(ConstraintError) {
        var (logits, count) = (Optional(logits), generation.tokens.count)
        let encode = { [model] in model.encode($0, parsesSpecialTokens: false) }
        while let sampled = try samplers[generation.id]?.next(from: logits, encode) ?? nil {
            logits = nil
            scheduler.append(sampled.token, to: generation.id)
            count += 1
            done.generatedTokens += 1
            let end = end(after: sampled.token, isLast: count >= generation.limit, generation.id, owner)
            results.append(.token(owner.request, choice: owner.choice, sampled, end: end))
            if end != nil {
                requests[owner.request].map { recordLength(of: generation.id, $0.spec) }
                return drop(generation.id)
            }
            if !jump { return }
        }
        if logits != nil {
            results.append(.end(owner.request, choice: owner.choice, .stop))
            drop(generation.id)
        }
    }

    private func end(after token: Int, isLast: Bool, _ id: Generation.ID, _ owner: Owner) -> StepResult.End? {
        // An end token that a constraint allows is the end of the text.
        let ignoresEnd = requests[owner.request]?.spec.sampling.ignoresEndOfText == true
        if !ignoresEnd || samplers[id]?.isConstrained == true, configuration.endTokens.contains(token) { return .stop }
        return isLast ? .length : nil
    }

    /// Scores the prompt's tokens of a segment, each by the logits after its predecessor.
    private mutating func score(
        _ generation: Generation, _ owner: Owner, _ segment: ForwardBatch.Segment, _ rows: inout OutputRows,
        _ results: inout [StepResult]
    ) {
        let alternatives = requests[owner.request]?.spec.topLogprobs
        var last: Logits?
        for position in segment.start..<segment.start + segment.tokens.count {
            let logits = rows.nextLogits()
            if position + 1 < generation.promptCount {
                // A preempted generation computes positions again that are already scored.
                guard requests[owner.request]?.scored.count == position else { continue }
                let scored = logits.score(generation.tokens[position + 1], among: alternatives)
                requests[owner.request]?.scored.append(scored)
            } else {
                last = logits
            }
        }
        guard let last, let prompt = requests[owner.request] else { return }
        let first = generation.tokens.prefix(1).map { SampledToken(token: $0) }
        results.append(.prompt(owner.request, first + prompt.scored))
        requests[owner.request]?.scored = []
        scheduler.setScored(generation.id)
        sample(generation, owner, last, &results)
    }

    /// Adds up the hidden states of a segment. After the prompt's last token, reports their mean, normalized.
    private mutating func pool(
        _ generation: Generation, _ owner: Owner, _ segment: ForwardBatch.Segment, _ rows: inout OutputRows,
        _ results: inout [StepResult]
    ) {
        for position in segment.start..<segment.start + segment.tokens.count {
            let hidden = rows.nextHidden()
            guard requests[owner.request]?.summedCount == position else { continue }
            requests[owner.request]?.sum.add(hidden)
            requests[owner.request]?.summedCount += 1
        }
        guard generation.pending.isEmpty, let sum = requests[owner.request]?.sum else { return }
        done.promptTokens += generation.promptCount
        let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        results.append(.embedding(owner.request, length > 0 ? sum.map { $0 / length } : sum))
        drop(generation.id)
    }

    /// Releases a choice that has ended, and its request after the last one.
    private mutating func drop(_ id: Generation.ID) {
        scheduler.remove(id)
        samplers[id] = nil
        guard let owner = owners.removeValue(forKey: id) else { return }
        requests[owner.request]?.open.remove(id)
        if requests[owner.request]?.open.isEmpty == true { requests[owner.request] = nil }
    }
}
