internal import MartletHTTP
internal import MartletUV

/// The reply to one generation request: folds the backend's events and writes the result to the response. Safe to use
/// from any thread; a lock protects the fold.
final class Reply: FactsSource {
    let stream: ResponseBuffer
    private let fold: Locked<ReplyFold>
    private let isStreamed: Bool
    private let streamFields: HTTPFields
    private let heartbeat: [UInt8]
    private let charge: TokenCharge?
    private let generatedTokens: Gauge
    /// When the request began to wait for its model.
    private let creation = ContinuousClock.now

    init(
        _ plan: ReplyPlan, format: any ReplyFormat, to stream: ResponseBuffer, charging charge: TokenCharge? = nil,
        counting generatedTokens: Gauge
    ) {
        self.stream = stream
        self.charge = charge
        self.generatedTokens = generatedTokens
        isStreamed = plan.isStreamed
        streamFields = format.streamFields
        heartbeat = format.heartbeat
        fold = Locked(ReplyFold(plan, format: format))
    }

    /// The request's turn has come: starts the head wait of a streamed reply. `hasWaited` says whether the request was
    /// queued before. Further calls have no effect.
    func begin(hasWaited: Bool) {
        let queueWait = hasWaited ? .now - creation : .zero
        fold.withLock { $0.recordStart(afterWaiting: queueWait) }
        stream.facts?.replyDidBegin(self)
        guard isStreamed, !stream.isPrepared else { return }
        stream.prepare(
            ResponseHead(fields: streamFields), opening: fold.withLock { $0.opening }, heartbeat: heartbeat,
            restartsHeadWait: hasWaited)
        stream.setFailureFrames { [weak self] in self?.failureFrames($0) }
    }

    /// Keeps the reply for the last frames of its stream, for an error that is going to be reported to the client.
    func surviveError() {
        if isStreamed { stream.setFailureFrames { [self] in failureFrames($0) } }
    }

    private func failureFrames(_ error: any Error) -> [UInt8]? {
        let error = ErrorRendering.describe(error).error
        return fold.withLock { $0.fail(error) }
    }

    /// Begins the reply if `permit` is the first whose generation the backend has started, and counts it as running.
    /// Has no effect on a permit that was waited for.
    func start(_ permit: Permit) {
        guard permit.awaitsStart else { return }
        // Before the permit counts as held: an event of another task needs the head.
        begin(hasWaited: true)
        permit.start()
    }

    func send(to upstream: String) { fold.withLock { $0.upstream = upstream } }

    /// Folds an event in and appends its bytes to the response.
    ///
    /// - Throws: `CancellationError` if the prompt's reply is complete or the client has disconnected; `BackendError`
    ///   for a choice that the request does not have; `MemoryBudget.Exceeded`.
    func receive(_ event: StreamEvent, promptIndex: Int) throws -> ResponseBuffer.Pressure {
        let (outcome, pressure, growth) = try fold.withLock { fold in
            if let refusal = fold.refusal { throw refusal }
            if fold.hasFailed || fold.isOver(promptIndex: promptIndex) && !event.isUsage { throw CancellationError() }
            guard fold.hasChoice(event.choice) else {
                throw BackendError.failed("The backend answered with a choice \(event.choice) that was not asked for.")
            }
            var outcome = ReplyFold.Outcome()
            let pressure = try stream.appendGenerated { bytes in
                outcome = fold.receive(event, promptIndex: promptIndex, to: &bytes)
                return outcome.tokens > 0
            }
            if outcome.tokens > 0 {
                if fold.isBeforeFirstEvent { fold.recordFirstEvent(at: .now) }
                fold.recordStep(event, promptIndex: promptIndex, tokenCount: outcome.tokens)
            }
            if outcome.isCutShort && fold.isOver { fold.recordLastEvent(at: .now) }
            return (outcome, pressure, fold.takeGrowth())
        }
        generatedTokens.add(outcome.tokens)
        if event.reportsPrompt {
            charge?.correct(promptTokens: usage.promptTokens)
            if isStreamed { stream.replaceOpening(fold.withLock { $0.opening }) }
        }
        if growth > 0 { try reserve(growth) }
        guard outcome.isCutShort else { return pressure }
        if pressure.needsSignal { stream.signal() }
        if fold.withLock({ $0.isOver }) { stream.stopProducer() }
        throw CancellationError()
    }

    /// The facts of the generation so far.
    var facts: GenerationFacts { fold.withLock { $0.facts } }

    /// The token counts so far.
    var usage: Usage { fold.withLock { $0.usage } }

    /// Charges the request with what it has used so far, or with nothing if it was not served. Only the first call counts.
    func settle() {
        guard let charge else { return }
        charge.settle(fold.withLock { $0.hasStarted ? $0.usage : nil })
    }

    /// Whether generation for the prompt `promptIndex` should stop: all of its choices have ended, or the client has
    /// disconnected.
    func isOver(promptIndex: Int) -> Bool {
        stream.isCancelled || fold.withLock { $0.isOver(promptIndex: promptIndex) }
    }

    /// Whether one choice of the prompt has ended.
    func isOver(promptIndex: Int, choice: Int) -> Bool {
        fold.withLock { $0.isOver(promptIndex: promptIndex, choice: choice) }
    }

    /// Ends the choices of a prompt whose backend has returned.
    func end(promptIndex: Int, reason: FinishReason? = nil) {
        let pressure = fold.withLock { fold in
            // Appending fails only if the client has disconnected.
            let pressure = try? stream.append { fold.end(promptIndex: promptIndex, reason: reason, to: &$0) }
            if fold.isOver && !fold.hasLastEvent { fold.recordLastEvent(at: .now) }
            return pressure
        }
        if let pressure, pressure.needsSignal { stream.signal() }
    }

    /// Ends the response after the last prompt.
    ///
    /// - Throws: `MemoryBudget.Exceeded` if a reply that does not stream has outgrown the budget, even if the backend
    ///   ignored the error when it was first thrown.
    func complete() throws {
        // Before the client has the last byte, which ends the exchange.
        stream.facts?.replyDidEnd()
        var fold = fold.withLock { $0 }
        if isStreamed {
            stream.finish { fold.appendEnd(to: &$0) }
            return
        }
        if let refusal = fold.refusal { throw refusal }
        let json = fold.wholeReply()
        if json.count > MemoryBudget.free { try stream.memory.add(json.count) }
        stream.send(HTTPResponse(json: json))
    }

    /// Counts the growth of a reply that does not stream. One that outgrows the budget accepts no further events.
    private func reserve(_ bytes: Int) throws(MemoryBudget.Exceeded) {
        do throws(MemoryBudget.Exceeded) {
            try stream.memory.add(bytes)
        } catch {
            fold.withLock { $0.refusal = error }
            throw error
        }
    }
}
