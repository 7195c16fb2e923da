internal import MartletConstraint
internal import MartletUV

/// Compiles the constraints of a server's requests: not on the event loops, on all cores but one at most, and each source
/// once for as long as it is remembered.
final class ConstraintCompiler: Sendable {
    /// Some hundred times the size of most. The longest JSON Schemas in use are a little shorter.
    static let maximumSourceSize = 1 << 20

    private let places: Admission
    private let cache = Locked(ConstraintCache())

    init(concurrency: Int = EventLoop.availableParallelism - 1) {
        places = Admission(limit: max(1, concurrency))
    }

    /// What `output` compiles to; requests for the same share it.
    ///
    /// - Throws: `BackendError` that names the parameter; `CancellationError` if the task is cancelled while it waits.
    nonisolated(nonsending) func constraint(
        of output: StructuredOutput, on host: ServedBackend
    ) async throws -> Constraint {
        try await host.compute {
            let key = output.source.key
            guard key.count <= Self.maximumSourceSize else {
                throw BackendError.invalidValue(
                    output.param,
                    "`\(output.param)` has \(key.count) bytes, and this server takes at most \(Self.maximumSourceSize)."
                )
            }
            if let known = self.cache.withLock({ $0.constraint(for: key) }) { return known }
            return try await self.places.limit {
                try Task.checkCancellation()
                // Another request may have had it compiled meanwhile.
                if let known = self.cache.withLock({ $0.constraint(for: key) }) { return known }
                let made = try output.constraint()
                return self.cache.withLock { cache in
                    if let known = cache.constraint(for: key) { return known }
                    cache.insert(made, for: key)
                    return made
                }
            }
        }
    }
}

/// The constraints of requests.
extension Service {
    /// The request with its constraints compiled: that of its text, and those of the arguments if the model can be made to
    /// follow them. Those of a relayed request are for the server that generates.
    nonisolated(nonsending) func compiled(_ request: ChatRequest, for model: ServedModel) async throws -> ChatRequest {
        if model.host.relaying != nil { return request }
        let constrainsArguments = model.capabilities.contains(.toolChoice) && !request.tools.isEmpty
        guard constrainsArguments || request.structuredOutput != nil else { return request }
        var request = request
        request.structuredOutput = try await compiled(request.structuredOutput, for: model)
        guard constrainsArguments else { return request }
        for (name, output) in request.demandedToolArguments {
            request.toolArguments[name] = try await constraints.constraint(of: output, on: model.host)
        }
        return request
    }

    nonisolated(nonsending) func compiled(
        _ output: StructuredOutput?, for model: ServedModel
    ) async throws -> StructuredOutput? {
        guard var output, model.host.relaying == nil else { return output }
        output.compiled = try await constraints.constraint(of: output, on: model.host)
        return output
    }
}
