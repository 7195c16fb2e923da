internal import Martlet

/// Runs the engine's steps for its mailboxes. On the engine's thread only.
struct EngineWorker<Model: LanguageModel> {
    private struct Stream {
        let mailbox: Mailbox
        var choices: [ChoiceOutput]
    }

    /// Inputs to embed, a few of them in the engine at a time: others are not to wait for thousands.
    private struct EmbeddingJob {
        let result: EmbeddingResult
        let mailbox: Mailbox
        var waiting: ArraySlice<[Int]>
        var pending: Int
    }

    private let model: Model
    private let configuration: LanguageModelConfiguration
    private var core: EngineCore<Model>
    private var streams: [RequestID: Stream] = [:]
    private var jobs: [Int: EmbeddingJob] = [:]
    /// Which input of which job a request of the engine is.
    private var inputs: [RequestID: (job: Int, index: Int)] = [:]
    private var lastJob = 0

    init(_ model: Model, limits: EngineLimits) {
        self.model = model
        configuration = model.configuration
        core = EngineCore(model, limits: limits)
    }

    /// One step. Returns whether there is something to do without being woken.
    mutating func turn(_ messages: [EngineMessage]) -> Bool {
        for message in messages { accept(message) }
        dropCancelled()
        let held = Set(streams.filter { !$0.value.mailbox.hasCredit }.keys)
        var step = MailboxStep()
        for result in core.step(holding: held) {
            switch result {
            case .token(let id, let choice, let token, let end): tell(id, choice, token, end, &step)
            case .end(let id, let choice): end(id, choice, .length, &step)
            case .prompt(let id, let tokens): tell(id, prompt: tokens, &step)
            case .cached(let id, let tokens): tell(id, .usage(cachedTokens: tokens), &step)
            case .embedding(let id, let vector): tell(id, vector, &step)
            }
        }
        step.send()
        return core.hasProgressed && !core.isIdle
    }

    // MARK: Requests

    private mutating func accept(_ message: EngineMessage) {
        switch message {
        case .generate(let request, let output, let mailbox):
            let choices = (0..<request.choices).map { ChoiceOutput(output, choice: $0) }
            streams[core.generate(request)] = Stream(mailbox: mailbox, choices: choices)
        case .embed(let prompts, let result, let mailbox):
            lastJob += 1
            jobs[lastJob] = EmbeddingJob(
                result: result, mailbox: mailbox, waiting: prompts[...], pending: prompts.count)
            for _ in 0..<4 { embedNext(of: lastJob) }
        }
    }

    private mutating func embedNext(of job: Int) {
        guard let waiting = jobs[job]?.waiting, let prompt = waiting.first else { return }
        inputs[core.embed(prompt)] = (job, waiting.startIndex)
        jobs[job]?.waiting.removeFirst()
    }

    /// Letting go of a mailbox ends its request.
    private mutating func dropCancelled() {
        for (id, stream) in streams where stream.mailbox.isCancelled {
            core.cancel(id)
            streams[id] = nil
        }
        for (job, value) in jobs where value.mailbox.isCancelled {
            for (id, input) in inputs where input.job == job {
                core.cancel(id)
                inputs[id] = nil
            }
            jobs[job] = nil
        }
    }

    // MARK: Results

    private mutating func tell(
        _ id: RequestID, _ choice: Int, _ sampled: SampledToken, _ end: StepResult.End?, _ step: inout MailboxStep
    ) {
        guard var stream = streams[id] else { return }
        let token = token(sampled)
        var reason = end
        if end == .stop { stream.choices[choice].receiveEnd(token) { step.offer($0, to: stream.mailbox) } }
        // The token that ends a text is no part of it. A stop string may end a choice before the engine does: the
        // template's here, the request's where the reply is made.
        if end != .stop {
            let isStopped = stream.choices[choice].receive(token, isLast: end != nil) {
                step.offer($0, to: stream.mailbox)
            }
            let isOver = stream.choices.count > 1 && stream.mailbox.isOver(choice: choice)
            if isStopped || isOver { reason = .stop }
            streams[id] = stream
        }
        if let reason { self.end(id, choice, reason, &step) }
    }

    private mutating func end(_ id: RequestID, _ choice: Int, _ end: StepResult.End, _ step: inout MailboxStep) {
        guard var stream = streams[id] else { return }
        stream.choices[choice].finish(end) { step.offer($0, to: stream.mailbox) }
        core.end(id, choice: choice)
        let isOver = stream.choices.allSatisfy(\.isOver)
        if isOver { step.finish(stream.mailbox) }
        streams[id] = isOver ? nil : stream
    }

    private func tell(_ id: RequestID, _ event: StreamEvent, _ step: inout MailboxStep) {
        if let stream = streams[id] { step.offer(event, to: stream.mailbox) }
    }

    private func tell(_ id: RequestID, prompt: [SampledToken], _ step: inout MailboxStep) {
        // The echo is the prompt as it was sent: special tokens by their spelling.
        tell(id, .prompt(prompt.map { token($0, showsSpecial: true) }), &step)
    }

    private mutating func tell(_ id: RequestID, _ vector: [Float], _ step: inout MailboxStep) {
        guard let input = inputs.removeValue(forKey: id) else { return }
        jobs[input.job]?.result.set(vector, at: input.index)
        jobs[input.job]?.pending -= 1
        embedNext(of: input.job)
        guard let job = jobs[input.job], job.pending == 0 else { return }
        step.finish(job.mailbox)
        jobs[input.job] = nil
    }

    private func token(_ sampled: SampledToken, showsSpecial: Bool = false) -> Token {
        var token = Token(id: sampled.token, bytes: model.bytes(of: sampled.token))
        token.isSpecial = !showsSpecial && configuration.specialTokens.contains(sampled.token)
        token.logprob = sampled.logprob
        for other in sampled.alternatives {
            token.topLogprobs.append(
                Token.Alternative(id: other.token, bytes: model.bytes(of: other.token), logprob: other.logprob))
        }
        return token
    }
}
