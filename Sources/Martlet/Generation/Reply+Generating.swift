internal import MartletHTTP

/// How a backend's generations become one reply.
extension Service {
    /// Runs `generate` for a reply and ends it.
    nonisolated(nonsending) func generate(
        _ reply: Reply, of model: ServedModel, isStreamed: Bool,
        _ generate: nonisolated(nonsending) (Permit) async throws -> Void
    ) async throws {
        try await model.host.admit { permit, hasWaited in
            if isStreamed { gauges.openStreams.add(1) }
            defer { if isStreamed { gauges.openStreams.add(-1) } }
            reply.begin(hasWaited: hasWaited)
            try await generate(permit)
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
