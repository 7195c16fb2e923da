internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// The way from a body to a request value, in the order that errors are told: JSON 400, model 404, fields 400.
extension Service {
    /// Bodies above this are decoded off the loop, also for a backend that lives on it.
    private static var quickBodyBytes: Int { 64 * 1024 }

    var now: Int { EventLoop.unixTime }

    /// A request value of any kind, made from a body and the model that it names.
    nonisolated(nonsending) func decodeBody<Parameters: Sendable>(
        _ request: HTTPRequest,
        _ make: @Sendable (JSONObject, _ model: String, Capabilities) throws(OpenAIError) -> Parameters
    ) async throws -> (Model, Parameters) {
        let isQuick = request.body.count <= Self.quickBodyBytes
        let body =
            isQuick ? try RequestBody.parse(request.body) : try await offLoop { try RequestBody.parse(request.body) }
        let model = try await resolveModel(of: body)
        let capabilities = backend.capabilities(of: model.id)
        if isQuick { return (model, try make(body, model.id, capabilities)) }
        return (model, try await offLoop { try make(body, model.id, capabilities) })
    }

    /// The same for an endpoint with a table of parameters. Names that it does not have are counted, or refused.
    nonisolated(nonsending) func decode<Parameters: EndpointRequest>(
        _ request: HTTPRequest,
        _ make: @Sendable (JSONObject, _ model: String, Capabilities) throws(OpenAIError) -> Parameters
    ) async throws -> (Model, Parameters) {
        let (model, parameters) = try await decodeBody(request, make)
        if let first = parameters.unknownParameters.first {
            if configuration.strictParameters { throw Parameters.parameters.unknown(first) }
            gauges.unknownParameters.note(parameters.unknownParameters, in: configuration.logger)
        }
        return (model, parameters)
    }
}
