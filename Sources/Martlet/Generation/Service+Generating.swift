internal import MartletHTTP

/// How a backend's generations become one reply.
extension Service {
    /// Sends what `generate` emits as one reply in `format`.
    nonisolated(nonsending) func reply(
        to request: ModelRequest, _ plan: ReplyPlan, as format: any ReplyFormat,
        _ generate: nonisolated(nonsending) (Reply, Permit) async throws -> Void
    ) async throws {
        let reply = Reply(plan, format: format, to: request.response, counting: gauges.generatedTokens)
        try await request.model.host.admit { permit, hasWaited in
            if plan.isStreamed { gauges.openStreams.add(1) }
            defer { if plan.isStreamed { gauges.openStreams.add(-1) } }
            reply.begin(hasWaited: hasWaited)
            try await generate(reply, permit)
            try reply.complete()
        }
    }

    /// Has a backend answer one prompt. A generation that a stop string or a limit has ended is complete, whatever the
    /// backend throws then.
    nonisolated(nonsending) func run(
        _ reply: Reply, of model: ServedModel, promptIndex: Int, by permit: Permit,
        _ answer: @Sendable (StreamSink) async throws -> Void
    ) async throws {
        do {
            let sink = StreamSink(.reply(reply, promptIndex: promptIndex, permit: permit))
            try await model.host.call { try await answer(sink) }
        } catch {
            guard reply.isOver(promptIndex: promptIndex), !reply.stream.isCancelled else { throw error }
            logLate(error)
        }
        reply.end(promptIndex: promptIndex)
    }
}
