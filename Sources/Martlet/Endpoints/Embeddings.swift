internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /v1/embeddings`.
extension Service {
    nonisolated(nonsending) func embeddings(
        _ request: HTTPRequest, _ response: ResponseStream, with embedding: any EmbeddingBackend
    ) async throws {
        var (model, parameters) = try await decode(request, response) {
            body, model, capabilities throws(OpenAIError) in
            try EmbeddingRequest(decoding: body, model: model, capabilities: capabilities)
        }
        try checkBatchSize(prompts: parameters.inputs.count, named: "input", choices: 1)
        parameters.context = context(of: request)
        if tokenizing != nil {
            parameters.inputs = try await tokenIDs(of: parameters.inputs, model: model.id, param: "input", maxTokens: 0)
                .map(Prompt.tokenIDs)
        }
        let (ready, id) = (parameters, model.id)
        try await admit { _, _ in
            let result = try await vectors(for: ready, with: embedding)
            let numbers = result.vectors.reduce(0) { $0 + $1.count }
            try reserve(numbers * (ready.encodingFormat == .base64 ? 6 : 12), for: response)
            let json = try await offLoop { Self.json(result, of: ready, model: id) }
            response.send(HTTPResponse(json: json))
        }
    }

    /// Has the backend embed: one vector for each input, as long as the request asks for.
    nonisolated(nonsending) func vectors(
        for request: EmbeddingRequest, with embedding: any EmbeddingBackend
    ) async throws -> Embeddings {
        let dimensions = request.dimensions.map {
            EmbeddingDimensions($0, canShorten: backend.capabilities(of: request.model).contains(.dimensions))
        }
        if let length = backend.details(of: request.model).embeddingLength { try dimensions?.check(against: length) }
        var result = try await onThreads { try await embedding.embeddings(for: request) }
        guard result.vectors.count == request.inputs.count else {
            throw BackendError.failed(
                "The backend's number of vectors, \(result.vectors.count), is not the number of inputs, "
                    + "\(request.inputs.count).")
        }
        if let dimensions {
            let vectors = result.vectors
            result.vectors = try await offLoop { try vectors.map(dimensions.fitted) }
        }
        return result
    }

    private static func json(_ result: Embeddings, of request: EmbeddingRequest, model: String) -> [UInt8] {
        let tokens = result.promptTokens ?? request.inputs.reduce(0) { $0 + $1.tokenCount }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("object", "list")
            writer.array("data") { writer in
                for (index, vector) in result.vectors.enumerated() {
                    writer.object { writer in
                        writer.member("object", "embedding")
                        writer.member("index", index)
                        if request.encodingFormat == .base64 {
                            writer.member("embedding", Base64.string(littleEndian: vector))
                        } else {
                            writer.array("embedding") { writer in
                                for number in vector { writer.value(number) }
                            }
                        }
                    }
                }
            }
            writer.member("model", model)
            writer.object("usage") { writer in
                writer.member("prompt_tokens", tokens)
                writer.member("total_tokens", tokens)
            }
        }
        return writer.bytes
    }
}

extension Prompt {
    /// Zero for text, whose tokens only the backend can count.
    fileprivate var tokenCount: Int {
        switch self {
        case .text: 0
        case .tokenIDs(let ids): ids.count
        }
    }
}
