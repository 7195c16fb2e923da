internal import Martlet

/// The engine without its thread: nothing happens outside of `step()`, which is schedule, forward, sample, post-process.
///
/// What comes out for a request does not depend on what else is running, to the bit, however its prompt was cut into
/// steps and whatever of it the cache had.
struct EngineCore<Model: LanguageModel> {
    /// A request as the engine follows it.
    private struct Request {
        let spec: EngineRequest
        /// The choices that have begun and not ended.
        var open: Set<GenerationID> = []
        /// Choices that begin when the first has its prompt in the cache.
        var forks: [Generation] = []
        /// What was scored of the prompt so far.
        var scored: [SampledToken] = []
        /// The sum of the hidden states of the prompt's first `summedCount` tokens.
        var sum: [Float] = []
        var summedCount = 0
    }

    /// Which choice of which request a generation is.
    private struct Owner {
        let request: RequestID
        let choice: Int
    }

    private let model: Model
    private let configuration: LanguageModelConfiguration
    private var cache: Model.Cache
    private var scheduler: Scheduler
    private var requests: [RequestID: Request] = [:]
    private var owners: [GenerationID: Owner] = [:]
    private var samplers: [GenerationID: Sampler] = [:]
    private var lastNumber: UInt64 = 0

    init(_ model: Model, limits: EngineLimits) {
        self.model = model
        configuration = model.configuration
        let blockCount = limits.blockCount(for: configuration)
        cache = model.makeCache(blockCount: blockCount, blockSize: limits.blockSize)
        scheduler = Scheduler(limits, blockCount: blockCount)
    }

    var isIdle: Bool { requests.isEmpty }

    /// Whether the last step computed anything: if not, nothing will change until a request comes, goes, or is let go
    /// on.
    private(set) var hasProgressed = false

    /// What it has done so far.
    private var done = EngineCounters()

    /// What it is doing and has done; the times are for whoever has a clock.
    var counters: EngineCounters {
        var counters = done
        counters.waiting = scheduler.waiting.count
        counters.running = scheduler.running.count
        counters.blocks = scheduler.pool.blockCount
        counters.heldBlocks = scheduler.pool.blockCount - scheduler.pool.freeCount
        counters.preemptions = scheduler.preemptionCount
        return counters
    }

    // MARK: Requests

    mutating func generate(_ spec: EngineRequest) -> RequestID {
        let id = nextRequest(spec)
        let room = configuration.contextLength - spec.prompt.count
        let limit = spec.prompt.count + min(spec.maxTokens ?? room, room)
        var open: Set<GenerationID> = []
        var forks: [Generation] = []
        for choice in 0..<spec.choices {
            let purpose = choice == 0 && spec.scoresPrompt ? Generation.Purpose.scoredText : .text
            let generation = Generation(
                id: nextGeneration(), purpose, prompt: spec.prompt, limit: limit, of: id)
            owners[generation.id] = Owner(request: id, choice: choice)
            samplers[generation.id] = Sampler(
                spec.sampling, alternativeCount: spec.topLogprobs, prompt: spec.prompt,
                endTokens: configuration.endTokens, seed: Self.seed(spec.seed, choice: choice))
            open.insert(generation.id)
            if choice == 0 { scheduler.add(generation) } else { forks.append(generation) }
        }
        requests[id]?.open = open
        requests[id]?.forks = forks
        return id
    }

    /// The vector of a prompt, which is at least one token and no longer than the context.
    mutating func embed(_ prompt: [Int]) -> RequestID {
        let id = nextRequest(EngineRequest(prompt: prompt))
        let generation = Generation(
            id: nextGeneration(), .embedding, prompt: prompt, limit: prompt.count, of: id)
        owners[generation.id] = Owner(request: id, choice: 0)
        let zeros = [Float](repeating: 0, count: configuration.hiddenSize)
        requests[id]?.open = [generation.id]
        requests[id]?.sum = zeros
        scheduler.add(generation)
        return id
    }

    /// Drops a request and all it holds; there will be no more results of it. Unknown and finished ones are ignored.
    mutating func cancel(_ id: RequestID) {
        guard let request = requests.removeValue(forKey: id) else { return }
        for generation in request.open { forget(generation) }
    }

    /// Ends a choice of which no more is wanted; the others go on.
    mutating func end(_ id: RequestID, choice: Int) {
        guard let request = requests[id] else { return }
        for generation in request.open where owners[generation]?.choice == choice { forget(generation) }
    }

    private mutating func nextRequest(_ spec: EngineRequest) -> RequestID {
        lastNumber += 1
        let id = RequestID(number: lastNumber)
        requests[id] = Request(spec: spec)
        return id
    }

    private mutating func nextGeneration() -> GenerationID {
        lastNumber += 1
        return GenerationID(number: lastNumber)
    }

    private static func seed(_ seed: UInt64, choice: Int) -> UInt64 {
        choice == 0 ? seed : seed &+ UInt64(choice) &* 0x9e37_79b9_7f4a_7c15
    }

    // MARK: A step

    /// Schedules, runs one pass of the model, samples: at most one token for each choice.
    ///
    /// - Parameter held: requests to leave as they are, because nobody takes their tokens.
    mutating func step(holding held: Set<RequestID> = []) -> [StepResult] {
        let turns = scheduler.schedule(holding: generations(of: held))
        hasProgressed = !turns.isEmpty
        guard hasProgressed else { return [] }
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
        return results
    }

    private func generations(of held: Set<RequestID>) -> Set<GenerationID> {
        var generations: Set<GenerationID> = []
        for id in held { generations.formUnion(requests[id]?.open ?? []) }
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

    /// Chooses the next token of a generation whose tokens the model has all seen.
    private mutating func sample(
        _ generation: Generation, _ owner: Owner, _ logits: Logits, _ results: inout [StepResult]
    ) {
        if generation.tokens.count == generation.promptCount && owner.choice == 0 {
            results.append(.cached(owner.request, tokens: generation.cachedCount ?? 0))
            done.promptTokens += generation.promptCount
            done.cachedTokens += generation.cachedCount ?? 0
            // The other choices find the prompt in the cache.
            for fork in requests[owner.request]?.forks ?? [] { scheduler.add(fork) }
            requests[owner.request]?.forks = []
        }
        guard generation.tokens.count < generation.limit else {
            results.append(.end(owner.request, choice: owner.choice))
            return forget(generation.id)
        }
        guard let sampled = samplers[generation.id]?.choose(from: logits) else { return }
        scheduler.append(sampled.token, to: generation.id)
        done.generatedTokens += 1
        let ignoresEnd = requests[owner.request]?.spec.sampling.ignoresEndOfText ?? false
        let end: StepResult.End? =
            if !ignoresEnd && configuration.endTokens.contains(sampled.token) {
                .stop
            } else if generation.tokens.count + 1 >= generation.limit {
                .length
            } else {
                nil
            }
        results.append(.token(owner.request, choice: owner.choice, sampled, end: end))
        if end != nil { forget(generation.id) }
    }

    /// Scores the prompt's tokens of a segment, each by the logits behind the one before.
    private mutating func score(
        _ generation: Generation, _ owner: Owner, _ segment: ForwardBatch.Segment, _ rows: inout OutputRows,
        _ results: inout [StepResult]
    ) {
        let alternatives = requests[owner.request]?.spec.topLogprobs
        var last: Logits?
        for position in segment.start..<segment.start + segment.tokens.count {
            let logits = rows.nextLogits()
            if position + 1 < generation.promptCount {
                // A generation that was preempted comes by again.
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

    /// Adds up the hidden states of a segment.
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
        forget(generation.id)
    }

    /// Lets go of a choice that has ended, and of its request after the last one.
    private mutating func forget(_ id: GenerationID) {
        scheduler.remove(id)
        samplers[id] = nil
        guard let owner = owners.removeValue(forKey: id) else { return }
        requests[owner.request]?.open.remove(id)
        if requests[owner.request]?.open.isEmpty == true { requests[owner.request] = nil }
    }
}

extension [Float] {
    fileprivate mutating func add(_ other: ArraySlice<Float>) {
        for (index, value) in zip(indices, other) { self[index] += value }
    }
}
