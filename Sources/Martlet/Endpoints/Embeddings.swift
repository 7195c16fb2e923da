internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// `POST /v1/embeddings`.
extension Service {
    nonisolated(nonsending) func embeddings(
        _ request: HTTPRequest, _ response: ResponseStream, with embedding: any EmbeddingBackend
    ) async throws {
        var (model, parameters) = try await decode(request) {
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
            let result = try await onThreads { try await embedding.embeddings(for: ready) }
            guard result.vectors.count == ready.inputs.count else {
                throw BackendError.failed(
                    "The backend gave \(result.vectors.count) vectors for \(ready.inputs.count) inputs.")
            }
            let json = try await offLoop { Self.json(result, of: ready, model: id) }
            response.send(HTTPResponse(json: json))
        }
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
