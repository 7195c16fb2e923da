internal import MartletHTTP
internal import MartletUV

/// Runs a backend's generations and sends them as one reply.
extension Service {
    /// Admits the request, prepares and runs `generate`, and sends the events that it emits as one reply in `format`. An
    /// error of `prepare` is a response of its own even if the reply is streamed.
    nonisolated(nonsending) func reply<Prepared>(
        to request: ModelRequest, _ plan: ReplyPlan, as format: any ReplyFormat,
        preparing prepare: nonisolated(nonsending) () async throws -> Prepared,
        generating generate: nonisolated(nonsending) (Prepared, Reply, Permit) async throws -> Void
    ) async throws {
        var plan = plan
        if let recordsSteps, isObserved { plan.recordsSteps = recordsSteps(request.http) }
        plan.isRelayed = request.model.host.relaying != nil
        let estimate = plan.estimate(
            meanReply: request.model.meanReply.withLock { $0.tokens }, contextLength: request.model.contextLength)
        let charge = try charge(estimate, for: request)
        let reply = Reply(
            plan, format: format, to: request.response, charging: charge, counting: gauges.generatedTokens)
        if plan.isStreamed, let measurements {
            let label = registry.models.label(of: request.model.id)
            request.response.measureIntervals(in: measurements.intervals(of: label, on: request.response.loop))
        }
        defer {
            reply.settle()
            // A reply retains the response buffer, whose facts must not retain the reply.
            request.response.facts?.replyDidEnd()
        }
        do {
            try await admit(request, cost: estimate.total) { permit, hasWaited in
                charge?.begin(permit)
                if plan.isStreamed { gauges.openStreams.add(1) }
                defer { if plan.isStreamed { gauges.openStreams.add(-1) } }
                let prepared = try await prepare()
                if !permit.awaitsStart { reply.begin(hasWaited: hasWaited) }
                try await generate(prepared, reply, permit)
                if charge != nil, plan.prompts.allSatisfy({ $0.maxTokens == nil }) {
                    let mean = reply.usage.completionTokens / max(1, plan.prompts.count * plan.n)
                    request.model.meanReply.withLock { $0.add(mean) }
                }
                // Before the client has the response, which has the principal's limits, and may send its next request.
                reply.settle()
                try reply.complete()
            }
        } catch {
            reply.surviveError()
            throw error
        }
    }

    /// Charges the principal of a request; nil if all requests are of one.
    ///
    /// - Throws: `LimitRefusal`.
    func charge(_ estimate: TokenEstimate, for request: ModelRequest) throws(LimitRefusal) -> TokenCharge? {
        hasPrincipals ? try TokenCharge(estimate, to: request.principal, limiter) : nil
    }

    /// Runs `body` with a permit once the request is admitted.
    ///
    /// - Parameter cost: In tokens.
    /// - Throws: `Admission.Refusal`; `BackendError` if the backend is not ready, or if the request has waited until its
    ///   deadline or for `queueTimeout`; errors of `body`.
    nonisolated(nonsending) func admit(
        _ request: ModelRequest, cost: Int,
        _ body: nonisolated(nonsending) (_ permit: Permit, _ hasWaited: Bool) async throws -> Void
    ) async throws {
        let claim = AdmissionClaim(principal: request.principal?.id, cost: cost, deadline: deadline(of: request.http))
        let host = request.model.host
        guard let limit = configuration.queueTimeout else { return try await host.admit(claim, body) }
        let wait = QueueWait()
        let timer = Task { [response = request.response] in
            guard (try? await Task.sleep(for: limit)) != nil, wait.expire() else { return }
            response.stopProducer()
        }
        defer { timer.cancel() }
        do {
            try await host.admit(claim) { permit, hasWaited in
                wait.didAdmit(permit)
                try await body(permit, hasWaited)
            }
        } catch is CancellationError where wait.hasExpired {
            throw BackendError.waitedTooLong(limit, retryAfter: host.admission.retryAfter)
        }
    }

    /// Runs the generation for one prompt. If a stop string or a limit has completed it, an error that the backend
    /// throws afterwards is only logged.
    nonisolated(nonsending) func run(
        _ reply: Reply, of model: ServedModel, promptIndex: Int, by permit: Permit,
        _ generate: @Sendable (StreamSink) async throws -> Void
    ) async throws {
        do {
            let sink = StreamSink(.reply(reply, promptIndex: promptIndex, permit: permit))
            try await model.host.call { try await generate(sink) }
        } catch {
            guard reply.isOver(promptIndex: promptIndex), !reply.stream.isCancelled else { throw error }
            logLate(error)
        }
        reply.start(permit)
        reply.end(promptIndex: promptIndex)
    }
}
