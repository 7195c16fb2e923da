internal import Logging
internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// The way from a body to a request value, in the order that errors are told: JSON 400, model 404, fields 400.
extension Service {
    /// Bodies above this are decoded off the loop, also for a backend that lives on it.
    private static var quickBodyBytes: Int { 64 * 1024 }

    var now: Int { EventLoop.unixTime }

    nonisolated(nonsending) func decode<Parameters: Sendable>(
        _ request: HTTPRequest, knowing table: ParameterTable,
        _ make: @Sendable (JSONObject, _ model: String, Capabilities) throws(OpenAIError) -> Parameters
    ) async throws -> (Model, Parameters) {
        let isQuick = request.body.count <= Self.quickBodyBytes
        let body =
            isQuick ? try RequestBody.parse(request.body) : try await offLoop { try RequestBody.parse(request.body) }
        let model = try await resolveModel(of: body)
        try note(table.unknownNames(in: body), of: table)
        let capabilities = backend.capabilities(of: model.id)
        if isQuick { return (model, try make(body, model.id, capabilities)) }
        return (model, try await offLoop { try make(body, model.id, capabilities) })
    }

    /// Counts members of a body that mean nothing, and says each name once; or refuses the first of them.
    private func note(_ unknown: [String], of table: ParameterTable) throws(OpenAIError) {
        guard let first = unknown.first else { return }
        if configuration.strictParameters { throw table.unknown(first) }
        gauges.unknownParameters.add(unknown.count)
        let news = unknownParameters.withLock { seen in
            unknown.filter { seen.count < Self.maximumNamesTold && seen.insert(String($0.prefix(64))).inserted }
        }
        for name in news {
            configuration.logger.info("a request has the unknown parameter \(name.prefix(64)); it is ignored")
        }
    }

    /// Names come from outside: only so many are remembered.
    private static var maximumNamesTold: Int { 100 }
}
