internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// The way from a body to a request value, in the order that errors are told: JSON 400, model 404, fields 400.
extension Service {
    /// Bodies above this are decoded off the loop, also for a backend that lives on it.
    private static var quickBodyBytes: Int { 64 * 1024 }

    var now: Int { EventLoop.unixTime }

    /// A request value of any kind, made from a body and the model that it names. The body's bytes are freed unless the
    /// backend retains them.
    nonisolated(nonsending) func decodeBody<Parameters: Sendable>(
        _ request: HTTPRequest, _ response: ResponseStream,
        _ make: @Sendable (JSONObject, _ model: String, Capabilities) throws(OpenAIError) -> Parameters
    ) async throws -> (Model, Parameters) {
        let isQuick = request.body.count <= Self.quickBodyBytes
        let body = try await parse(request, response)
        let model = try await resolveModel(of: body)
        let capabilities = backend.capabilities(of: model.id)
        if isQuick { return (model, try make(body, model.id, capabilities)) }
        return (model, try await offLoop { try make(body, model.id, capabilities) })
    }

    /// The body as JSON, within the memory budget.
    nonisolated(nonsending) func parse(_ request: HTTPRequest, _ response: ResponseStream) async throws -> JSONObject {
        let count = request.body.count
        if count <= MemoryBudget.free { return try RequestBody.parse(request.body) }
        let parse: @Sendable () async throws -> JSONObject = { [self] in
            let bytes = request.body
            let size = JSONValue.estimatedMemory(of: bytes.span) + tokenMemory(of: count)
            try response.memory.add(size)
            let body = try RequestBody.parse(bytes)
            if retainedBody.contains(.bytes) { return body }
            request.dropLargeBody()
            response.memory.set(to: size)
            return body
        }
        return count <= Self.quickBodyBytes ? try await parse() : try await offLoop(parse)
    }

    /// What a tokenizer may take for the text of a large body: a token of 8 bytes for every two or three of the text, in an
    /// array that grows by doubling, and the text itself once more.
    private func tokenMemory(of bodyBytes: Int) -> Int {
        tokenizing == nil || bodyBytes <= MemoryBudget.free ? 0 : 8 * bodyBytes
    }

    /// The same for an endpoint with a table of parameters. Names that it does not have are counted, or refused.
    nonisolated(nonsending) func decode<Parameters: EndpointRequest>(
        _ request: HTTPRequest, _ response: ResponseStream,
        _ make: @Sendable (JSONObject, _ model: String, Capabilities) throws(OpenAIError) -> Parameters
    ) async throws -> (Model, Parameters) {
        let tokenMemory = tokenMemory(of: request.body.count)
        var (model, parameters) = try await decodeBody(request, response, make)
        if !retainedBody.contains(.json) {
            parameters.body = [:]
            // Decoded values share the strings, and are smaller than JSON where they do not.
            let tree = response.memory.bytes - tokenMemory
            if tree > 0 { response.memory.set(to: tokenMemory + tree / 2) }
        }
        if let first = parameters.unknownParameters.first {
            if configuration.strictParameters { throw Parameters.parameters.unknown(first) }
            gauges.unknownParameters.note(parameters.unknownParameters, in: configuration.logger)
        }
        return (model, parameters)
    }
}
