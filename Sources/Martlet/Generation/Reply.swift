internal import MartletHTTP
internal import MartletUV

/// The answer to one request that generates: the fold of its events, and the response that they leave through.
final class Reply: Sendable {
    let stream: ResponseBuffer
    private let fold: Locked<ReplyFold>
    private let isStreamed: Bool
    private let streamFields: HTTPFields
    private let heartbeat: [UInt8]
    private let generatedTokens: Gauge

    init(_ plan: ReplyPlan, format: any ReplyFormat, to stream: ResponseBuffer, counting generatedTokens: Gauge) {
        self.stream = stream
        self.generatedTokens = generatedTokens
        isStreamed = plan.isStreamed
        streamFields = format.streamFields
        heartbeat = format.heartbeat
        fold = Locked(ReplyFold(plan, format: format))
    }

    /// Begins the head wait of a streamed reply.
    func begin(hasWaited: Bool) {
        guard isStreamed else { return }
        stream.prepare(ResponseHead(fields: streamFields), heartbeat: heartbeat, restartsHeadWait: hasWaited)
    }

    /// Folds an event in, which may be called on any thread.
    ///
    /// - Throws: `CancellationError` when nothing more is wanted; `BackendError` for a choice that was not asked for.
    func receive(_ event: StreamEvent, promptIndex: Int) throws -> ResponseBuffer.Pressure {
        let (outcome, pressure, growth) = try fold.withLock { fold in
            if let refusal = fold.refusal { throw refusal }
            if fold.isOver(promptIndex: promptIndex) && !event.isUsage { throw CancellationError() }
            guard fold.hasChoice(event.choice) else {
                throw BackendError.failed("The backend answered with a choice \(event.choice) that was not asked for.")
            }
            var outcome = ReplyFold.Outcome()
            let pressure = try stream.append { outcome = fold.receive(event, promptIndex: promptIndex, to: &$0) }
            return (outcome, pressure, fold.takeGrowth())
        }
        generatedTokens.add(outcome.tokens)
        if growth > 0 { try reserve(growth) }
        guard outcome.isCutShort else { return pressure }
        if pressure.needsSignal { stream.signal() }
        if fold.withLock({ $0.isOver }) { stream.stopProducer() }
        throw CancellationError()
    }

    /// Whether nothing more is wanted of the prompt `promptIndex`.
    func isOver(promptIndex: Int) -> Bool {
        stream.isCancelled || fold.withLock { $0.isOver(promptIndex: promptIndex) }
    }

    /// Whether nothing more is wanted of one choice of it.
    func isOver(promptIndex: Int, choice: Int) -> Bool {
        fold.withLock { $0.isOver(promptIndex: promptIndex, choice: choice) }
    }

    /// Ends the choices of a prompt whose backend has returned.
    func end(promptIndex: Int, reason: FinishReason? = nil) {
        let pressure = fold.withLock { fold in
            // A client that is gone needs no ending.
            try? stream.append { fold.end(promptIndex: promptIndex, reason: reason, to: &$0) }
        }
        if let pressure, pressure.needsSignal { stream.signal() }
    }

    /// Ends the response after the last prompt.
    ///
    /// - Throws: `MemoryBudget.Exceeded` when a whole reply has outgrown the budget, even if its backend ignored that.
    func complete() throws {
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

    /// Counts what a whole reply has grown by. One that outgrows the budget takes nothing more.
    private func reserve(_ bytes: Int) throws(MemoryBudget.Exceeded) {
        do throws(MemoryBudget.Exceeded) {
            try stream.memory.add(bytes)
        } catch {
            fold.withLock { $0.refusal = error }
            throw error
        }
    }
}
