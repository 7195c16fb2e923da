internal import MartletHTTP

/// Runs a backend's generations and sends them as one reply.
extension Service {
    /// Admits the request, runs `generate`, and sends the events that it emits as one reply in `format`.
    nonisolated(nonsending) func reply(
        to request: ModelRequest, _ plan: ReplyPlan, as format: any ReplyFormat,
        _ generate: nonisolated(nonsending) (Reply, Permit) async throws -> Void
    ) async throws {
        let reply = Reply(plan, format: format, to: request.response, counting: gauges.generatedTokens)
        if plan.isStreamed, let measurements {
            let label = registry.models.label(of: request.model.id)
            request.response.measureIntervals(in: measurements.intervals(of: label, on: request.response.loop))
        }
        // A running reply retains the response buffer, which must not retain the reply.
        defer { request.response.updateFacts { if $0.generation != nil { $0.generation = .complete(reply.facts) } } }
        try await request.model.host.admit(claim(of: request, cost: plan.cost)) { permit, hasWaited in
            if plan.isStreamed { gauges.openStreams.add(1) }
            defer { if plan.isStreamed { gauges.openStreams.add(-1) } }
            if !permit.awaitsStart { reply.begin(hasWaited: hasWaited) }
            try await generate(reply, permit)
            try reply.complete()
        }
    }

    /// What a request is admitted with. `cost` is in tokens.
    func claim(of request: ModelRequest, cost: Int) -> AdmissionClaim {
        AdmissionClaim(principal: request.principal?.id, cost: cost, deadline: deadline(of: request.http))
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
