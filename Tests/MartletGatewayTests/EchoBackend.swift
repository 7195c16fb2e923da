import Martlet

/// A backend whose replies say what it was asked for.
struct EchoBackend: ChatBackend, CompletionBackend, EmbeddingBackend {
    func listModels() -> [Model] { ["echo"] }

    func capabilities(of model: String) -> Capabilities {
        [.tools, .toolChoice, .logprobs, .responseFormat, .suffix, .images, .reasoning, .dimensions]
    }

    var completesText: Bool { true }

    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        let messages = request.messages.map { JSONValue.object($0.json).description }
        let tools = request.tools.map { JSONValue.object($0.json).description }
        try await sink.emit("messages: \(messages), tools: \(tools), effort: \(request.reasoningEffort ?? "-"), ")
        try await sink.emit("variables: \(JSONValue.object(request.chatTemplateKwargs)), ")
        try await sink.emit("continues: \(request.continuesFinalMessage), most: \(request.maxTokens ?? -1), ")
        try await sink.emit(of: request.sampling, request.stop, request.structuredOutput)
        try await sink.emit(.usage(promptTokens: request.messages.count, cachedTokens: 1))
    }

    func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
        try await sink.emit("prompt: \(request.prompt ?? "-"), suffix: \(request.suffix ?? "-"), ")
        try await sink.emit("most: \(request.maxTokens), ")
        try await sink.emit(of: request.sampling, request.stop, request.structuredOutput)
        try await sink.emit(.finish(.length))
    }

    func embeddings(for request: EmbeddingRequest) async throws -> Embeddings {
        let vectors = request.inputs.map { input -> [Float] in
            guard case .text(let text) = input else { return [0, 0, 0] }
            return [Float(text.utf8.count), 0.1, -3e-9]
        }
        return Embeddings(vectors, promptTokens: 7)
    }
}

extension StreamSink {
    fileprivate func emit(
        of sampling: SamplingParameters, _ stop: [String], _ output: StructuredOutput?
    ) async throws {
        try await emit("sampling: \(sampling), stop: \(stop), ")
        try await emit("format: \(output.map { "\($0.source)" } ?? "-")")
    }
}
