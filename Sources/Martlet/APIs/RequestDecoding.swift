internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// Decodes a body into a request value. Errors are reported in the order JSON 400, model 404, fields 400.
extension Service {
    /// Parses the body as JSON. A large body counts against the memory budget and is not parsed on an event loop.
    func parse(_ request: HTTPRequest, _ response: ResponseBuffer) throws -> JSONObject {
        let bytes = request.body
        if bytes.count > MemoryBudget.free {
            try response.memory.add(JSONValue.estimatedMemory(of: bytes.span))
        }
        return try RequestBody.parse(bytes)
    }

    /// Frees the bytes of a large body after it was parsed, unless the model's backend retains them.
    func dropBody(of request: ModelRequest) {
        let host = request.model.host
        guard request.isLarge, host.relaying == nil, !host.retainedBody.contains(.bytes) else { return }
        let bytes = MemoryBudget.counted(request.http.body.count)
        request.http.dropLargeBody()
        request.response.memory.set(to: max(0, request.response.memory.bytes - bytes))
    }

    /// Decodes a request value of any type with `make`, off the event loop if the body is large.
    nonisolated(nonsending) func decodeFields<Parameters: Sendable>(
        of request: ModelRequest,
        _ make: @Sendable (JSONObject, _ model: String, Capabilities) throws(OpenAIError) -> Parameters
    ) async throws -> Parameters {
        let (body, model) = (request.body, request.model)
        if !request.isLarge { return try make(body, model.id, model.capabilities) }
        return try await model.host.compute { try make(body, model.id, model.capabilities) }
    }

    /// Decodes a request of an endpoint with a table of parameters. Unknown parameters are counted, or refused with 400
    /// under `strictParameters`.
    nonisolated(nonsending) func decode<Parameters: EndpointRequest>(
        _ request: ModelRequest,
        _ make: @Sendable (JSONObject, _ model: String, Capabilities) throws(OpenAIError) -> Parameters
    ) async throws -> Parameters {
        var parameters = try await decodeFields(of: request, make)
        parameters.context = context(of: request)
        if !request.model.host.retainedBody.contains(.json) {
            parameters.body = [:]
            request.dropLargeJSON()
            // Decoded values share the strings of the JSON, and take about half of its memory otherwise.
            let bytes = request.response.memory.bytes
            if bytes > 0 { request.response.memory.set(to: bytes / 2) }
        }
        if let first = parameters.unknownParameters.first {
            if configuration.strictParameters { throw Parameters.parameters.unknown(first) }
            gauges.unknownParameters.record(parameters.unknownParameters, in: configuration.logger)
        }
        return parameters
    }

    /// Returns the token ids of prompts or inputs.
    nonisolated(nonsending) func tokenIDs(
        of prompts: [Prompt], for request: ModelRequest, param: String, maxTokens: Int
    ) async throws -> [[Int]] {
        let size = prompts.reduce(0) { $0 + $1.textSize }
        try reserveTokens(of: size, for: request)
        return try await request.model.tokenIDs(of: prompts, param: param, maxTokens: maxTokens)
    }

    /// Reserves memory for the tokens of a large text: a token id takes 8 bytes and stands for two or three bytes of
    /// text, and the array grows by doubling.
    func reserveTokens(of textBytes: Int, for request: ModelRequest) throws(MemoryBudget.Exceeded) {
        guard request.model.host.tokenizing != nil, textBytes > MemoryBudget.free else { return }
        try request.response.memory.add(8 * textBytes)
    }
}

extension Prompt {
    /// The length of the text in bytes; 0 for token ids.
    var textSize: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .tokenIDs: 0
        }
    }
}
