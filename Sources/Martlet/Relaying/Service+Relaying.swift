internal import MartletHTTP
internal import MartletUV

extension Service {
    /// Whether requests of an endpoint may be relayed: what the server stores, it writes itself.
    func mayRelay(_ endpoint: RelayEndpoint) -> Bool { replies == nil || endpoint.api != .responses }

    /// Admits a request and has it relayed.
    nonisolated(nonsending) func relay(
        _ request: ModelRequest, _ endpoint: RelayEndpoint, by backend: any RelayingBackend
    ) async throws {
        let context = context(of: request)
        // Reading a large body would hold up the loop.
        let relayed =
            request.isLarge
            ? try await request.model.host.compute { try RelayRequest(request, endpoint, context: context) }
            : try RelayRequest(request, endpoint, context: context)
        request.dropLargeJSON()
        let reply = RelayedReply(
            to: relayed, arrival: request.http.arrival, in: request.response, counting: gauges.generatedTokens)
        let charge = try charge(relayed.estimate, for: request)
        if relayed.isStreamed, let measurements {
            let label = registry.models.label(of: request.model.id)
            request.response.measureIntervals(in: measurements.intervals(of: label, on: request.response.loop))
        }
        defer {
            charge?.settle(reply.isStarted ? reply.usage : nil)
            request.response.facts?.replyDidEnd()
        }
        try await admit(request, cost: relayed.estimate.total) { permit, hasWaited in
            charge?.begin(permit)
            if relayed.isStreamed { gauges.openStreams.add(1) }
            defer { if relayed.isStreamed { gauges.openStreams.add(-1) } }
            permit.start()
            reply.start(hasWaited: hasWaited)
            let sink = RelaySink(reply)
            do {
                try await request.model.host.call { try await backend.relay(relayed, to: sink) }
            } catch {
                reply.surviveError()
                throw error
            }
            guard !request.response.isOpen else {
                throw BackendError.failed("The backend has not ended the answer that it relays.")
            }
            if charge != nil, relayed.maxTokens == nil, endpoint.isGenerating {
                request.model.meanReply.withLock { $0.add(reply.usage.completionTokens) }
            }
        }
    }
}
