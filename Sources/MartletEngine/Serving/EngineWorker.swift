internal import Martlet
internal import MartletUV

/// Runs the engine's steps and sends their results to the outlets of the requests. On the engine's thread only.
struct EngineWorker<Model: LanguageModel> {
    private struct Stream {
        let outlet: EventOutlet
        var choices: [ChoiceOutput]
        /// Set while only the best choices are to be emitted.
        var selection: BestOfSelection?
    }

    /// Inputs to embed. Only a few are in the engine at a time, so that other requests do not wait for thousands.
    private struct EmbeddingJob {
        let result: EmbeddingResult
        let mailbox: Mailbox
        var waiting: ArraySlice<EngineRequest>
        var pending: Int
    }

    private let model: Model
    private let configuration: LanguageModelConfiguration
    private var core: EngineCore<Model>
    private var streams: [EngineRequest.ID: Stream] = [:]
    private var jobs: [Int: EmbeddingJob] = [:]
    /// The job and the index of the input that a request of the engine embeds.
    private var inputs: [EngineRequest.ID: (job: Int, index: Int)] = [:]
    private var lastJob = 0
    private let board: EngineCounterBoard
    private let clock = ContinuousClock()
    private var stepTime = Duration.zero
    private var lastStepTime = Duration.zero

    init(_ model: Model, limits: EngineLimits, board: EngineCounterBoard) {
        self.board = board
        self.model = model
        configuration = model.configuration
        core = EngineCore(model, limits: limits)
    }

    /// Runs one step. Returns whether there is work left that needs no wake-up.
    mutating func turn(_ messages: [EngineMessage]) -> Bool {
        for message in messages { accept(message) }
        dropCancelled()
        dropExpired()
        let paused = Set(streams.filter { !$0.value.outlet.hasCredit }.keys)
        var step = MailboxStep()
        let start = clock.now
        let results = core.step(excluding: paused) { [streams] in streams[$0]?.outlet.started() }
        if core.hasProgressed {
            lastStepTime = clock.now - start
            stepTime += lastStepTime
        }
        for result in results {
            switch result {
            case .token(let id, let choice, let sampled, let end): emit(id, choice, token(sampled), end, &step)
            case .end(let id, let choice, let reason): end(id, choice, withoutToken: reason, &step)
            case .failed(let id, let error):
                streams.removeValue(forKey: id)?.outlet.fail(BackendError.constraintFailed(error))
            case .prompt(let id, let tokens): emit(id, prompt: tokens, &step)
            case .cached(let id, let tokens): emit(id, .usage(cachedTokens: tokens), &step)
            case .embedding(let id, let vector): emit(id, vector, &step)
            }
        }
        publish()
        step.send()
        return core.hasProgressed && !core.isIdle
    }

    private func publish() {
        var counters = core.counters
        (counters.stepTime, counters.lastStepTime) = (stepTime, lastStepTime)
        board.publish(counters)
        if core.hasProgressed { board.stepSizes.record(counters.lastStepTokens) }
    }

    // MARK: Requests

    private mutating func accept(_ message: EngineMessage) {
        switch message {
        case .generate(let request, let output, let outlet):
            let choices = (0..<(output.selectionCount ?? request.choices)).map { ChoiceOutput(output, choice: $0) }
            let selection = output.selectionCount.map {
                BestOfSelection(output, candidates: request.choices, winners: $0)
            }
            streams[core.generate(request)] = Stream(outlet: outlet, choices: choices, selection: selection)
        case .embed(let inputs, let result, let mailbox):
            lastJob += 1
            jobs[lastJob] = EmbeddingJob(result: result, mailbox: mailbox, waiting: inputs[...], pending: inputs.count)
            for _ in 0..<4 { embedNext(of: lastJob) }
        }
    }

    private mutating func embedNext(of job: Int) {
        guard let waiting = jobs[job]?.waiting, let input = waiting.first else { return }
        inputs[core.embed(input)] = (job, waiting.startIndex)
        jobs[job]?.waiting.removeFirst()
    }

    /// Releases cancelled requests and their outlets.
    private mutating func dropCancelled() {
        for (id, stream) in streams where stream.outlet.isCancelled {
            core.cancel(id)
            streams[id] = nil
        }
        for (job, value) in jobs where value.mailbox.isCancelled { drop(job: job) }
    }

    /// Fails the requests that waited until their deadline. The timer of a server may end them first.
    private mutating func dropExpired() {
        for id in core.removeExpired(at: clock.now) {
            streams.removeValue(forKey: id)?.outlet.fail(BackendError.deadlineExceeded)
            guard let job = inputs[id]?.job else { continue }
            jobs[job]?.mailbox.fail(BackendError.deadlineExceeded)
            drop(job: job)
        }
    }

    private mutating func drop(job: Int) {
        for (id, input) in inputs where input.job == job {
            core.cancel(id)
            inputs[id] = nil
        }
        jobs[job] = nil
    }

    // MARK: Results

    private mutating func emit(
        _ id: EngineRequest.ID, _ choice: Int, _ token: Token, _ end: StepResult.End?, _ step: inout MailboxStep
    ) {
        guard var stream = streams[id] else { return }
        if stream.selection != nil {
            let isLast = stream.selection?.receive(token, choice: choice, end: end) == true
            streams[id] = stream
            return isLast ? self.end(id, candidate: choice, &step) : ()
        }
        // A stop string may have ended it, and the same step has further tokens of it.
        if stream.choices[choice].isOver { return }
        var reason = end
        if end == .stop { stream.choices[choice].receiveEnd(token) { step.offer($0, to: stream.outlet) } }
        // The token that ends a text is not part of it. A stop string may end a choice before the engine does: the
        // template's here, the request's where the reply is assembled.
        if end != .stop {
            let isStopped = stream.choices[choice].receive(token, isLast: end != nil) {
                step.offer($0, to: stream.outlet)
            }
            let isOver = stream.choices.count > 1 && stream.outlet.isOver(choice: choice)
            if isStopped || isOver { reason = .stop }
            streams[id] = stream
        }
        if let reason { self.end(id, choice, reason, &step) }
    }

    private mutating func end(
        _ id: EngineRequest.ID, _ choice: Int, withoutToken reason: StepResult.End, _ step: inout MailboxStep
    ) {
        if streams[id]?.selection != nil { end(id, candidate: choice, &step) } else { end(id, choice, reason, &step) }
    }

    private mutating func end(_ id: EngineRequest.ID, _ choice: Int, _ end: StepResult.End, _ step: inout MailboxStep) {
        guard var stream = streams[id] else { return }
        stream.choices[choice].finish(end) { step.offer($0, to: stream.outlet) }
        core.end(id, choice: choice)
        let isOver = stream.choices.allSatisfy(\.isOver)
        if isOver { step.finish(stream.outlet) }
        streams[id] = isOver ? nil : stream
    }

    /// Ends a candidate. After the last one, emits the winners as if they had just been generated.
    private mutating func end(_ id: EngineRequest.ID, candidate: Int, _ step: inout MailboxStep) {
        core.end(id, choice: candidate)
        streams[id]?.selection?.finish(choice: candidate)
        guard let selection = streams[id]?.selection, selection.isOver else { return }
        emit(id, .usage(completionTokens: selection.tokenCount), &step)
        streams[id]?.selection = nil
        for (choice, entries) in selection.winners.enumerated() {
            for entry in entries { emit(id, choice, entry.token, entry.end, &step) }
            // Its last token or a stop string has ended it, except for a prompt that is only scored.
            end(id, choice, entries.isEmpty ? .length : .stop, &step)
        }
    }

    private func emit(_ id: EngineRequest.ID, _ event: StreamEvent, _ step: inout MailboxStep) {
        if let stream = streams[id] { step.offer(event, to: stream.outlet) }
    }

    private func emit(_ id: EngineRequest.ID, prompt: [SampledToken], _ step: inout MailboxStep) {
        // The echo is the prompt as it was sent, with the spelling of its special tokens.
        emit(id, .prompt(prompt.map { token($0, showsSpecial: true) }), &step)
    }

    private mutating func emit(_ id: EngineRequest.ID, _ vector: [Float], _ step: inout MailboxStep) {
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
