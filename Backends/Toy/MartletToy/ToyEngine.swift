/// Generates for many at once. Pure: it has no thread and no clock, and nothing happens outside of `step()`.
///
/// What comes out for a generation does not depend on what else is running, to the bit.
package struct ToyEngine {
    package struct Limits: Sendable {
        /// Generations that run at once; the others wait.
        package var running = 32
        /// Prompt tokens that one step runs, over all generations: what a stream waits for at most while others start.
        package var prefillTokens = 64
        /// Tokens to embed that one step runs.
        package var embeddingTokens = 64

        package init() {}
    }

    package let model: ToyModel
    private let limits: Limits
    private var waiting: [Generation] = []
    private var running: [Generation] = []
    /// Each step serves the first, which then goes to the back.
    private var embeddingJobs: [EmbeddingJob] = []
    private var lastID: UInt64 = 0

    package init(_ model: ToyModel, limits: Limits = Limits()) {
        self.model = model
        self.limits = limits
    }

    package var waitingCount: Int { waiting.count }
    package var runningCount: Int { running.count }
    package var isIdle: Bool { waiting.isEmpty && running.isEmpty && embeddingJobs.isEmpty }

    /// Queues a generation of at most `maximumTokens`, or as many as fit. The same seed gives the same tokens.
    package mutating func generate(
        _ prompt: TokenPrompt, sampling: Sampling, seed: UInt64, maximumTokens: Int? = nil
    ) -> JobID {
        let id = nextID()
        waiting.append(
            Generation(
                id: id, prompt: prompt, sampling: sampling, seed: seed, maximumTokens: maximumTokens,
                in: model.network.configuration))
        return id
    }

    /// Queues inputs to embed. Without inputs there will be no result.
    package mutating func embed(_ inputs: [TokenPrompt]) -> JobID {
        let id = nextID()
        let job = EmbeddingJob(id: id, inputs: inputs, in: model.network.configuration)
        if !job.isFinished { embeddingJobs.append(job) }
        return id
    }

    /// Drops a job and its memory; there will be no more results of it. Unknown and finished jobs are ignored.
    package mutating func cancel(_ id: JobID) {
        waiting.removeAll { $0.id == id }
        running.removeAll { $0.id == id }
        embeddingJobs.removeAll { $0.id == id }
    }

    /// Admits, runs one pass of the model, and samples: at most one token for each generation.
    ///
    /// - Parameter held: generations to leave as they are, because nobody takes their tokens.
    package mutating func step(holding held: Set<JobID> = []) -> [StepResult] {
        let room = min(limits.running - running.count, waiting.count)
        running.append(contentsOf: waiting.prefix(room))
        waiting.removeFirst(room)

        let turns = schedule(holding: held)
        let pieces = embeddingJobs.first?.pieces(budget: limits.embeddingTokens) ?? []
        guard !turns.isEmpty || !pieces.isEmpty else { return [] }
        let hidden = model.network.forward(turns.map(\.segment) + pieces.map(\.segment))

        let generatedRows = turns.reduce(0) { $0 + $1.segment.tokens.count }
        return sample(turns, hidden) + pool(pieces, hidden[(generatedRows * model.network.configuration.width)...])
    }

    /// A running generation's part in a step.
    private struct Turn {
        let index: Int
        let segment: GPT2.Segment
    }

    /// One token for each generation that decodes; what the budget has left of their prompts for the others, the
    /// oldest first.
    private func schedule(holding held: Set<JobID>) -> [Turn] {
        var budget = limits.prefillTokens
        var turns: [Turn] = []
        for (index, generation) in running.enumerated() where !held.contains(generation.id) {
            let pending = generation.pending
            if pending.count == 1 {
                turns.append(Turn(index: index, segment: GPT2.Segment(pending, generation.cache)))
            } else if budget > 0 {
                let chunk = pending.prefix(budget)
                turns.append(Turn(index: index, segment: GPT2.Segment(chunk, generation.cache)))
                budget -= chunk.count
            }
        }
        return turns
    }

    /// The next token of every generation whose tokens the model has now all seen.
    private mutating func sample(_ turns: [Turn], _ hidden: [Float]) -> [StepResult] {
        let width = model.network.configuration.width
        var row = 0
        var ready: [Int] = []
        var last: [Float] = []  // [ready, d]
        for turn in turns {
            row += turn.segment.tokens.count
            guard running[turn.index].pending.isEmpty else { continue }
            ready.append(turn.index)
            last += hidden[(row - 1) * width..<row * width]
        }

        let logits = model.network.logits(last)  // [ready, V]
        let vocabulary = model.network.configuration.vocabularySize
        var results: [StepResult] = []
        var finished: Set<JobID> = []
        for (row, index) in ready.enumerated() {
            let result = running[index].advance(
                with: logits[row * vocabulary..<(row + 1) * vocabulary], endIDs: model.endIDs)
            results.append(result)
            if case .token(let id, _, .some) = result { finished.insert(id) }
        }
        running.removeAll { finished.contains($0.id) }
        return results
    }

    private mutating func pool(_ pieces: [EmbeddingJob.Piece], _ hidden: ArraySlice<Float>) -> [StepResult] {
        guard !pieces.isEmpty else { return [] }
        var job = embeddingJobs.removeFirst()
        var results: [StepResult] = []
        var rest = hidden
        for piece in pieces {
            let size = piece.segment.tokens.count * model.network.configuration.width
            if let result = job.add(rest.prefix(size), of: piece) { results.append(result) }
            rest = rest.dropFirst(size)
        }
        if !job.isFinished { embeddingJobs.append(job) }
        return results
    }

    private mutating func nextID() -> JobID {
        lastID += 1
        return JobID(number: lastID)
    }
}
