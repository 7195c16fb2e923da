public import Martlet
internal import MartletUV

/// Requests of other APIs than the upstreams', and calls of an application: the answer comes as events instead of bytes.
///
/// Replies are parsed off the event loops.
extension Gateway: ChatBackend, CompletionBackend, EmbeddingBackend {
    /// All that requests can ask for: an upstream refuses what it does not have.
    public func capabilities(of model: String) -> Capabilities {
        [
            .tools, .toolChoice, .choices, .logprobs, .responseFormat, .logitBias, .suffix, .images, .audio, .files,
            .bestOf, .reasoning,
        ]
    }

    public var completesText: Bool { true }

    public func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws {
        try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await FoldedChat(request, by: self).run(to: sink)
        }
    }

    /// - Throws: `BackendError` with 501 for `echo`.
    public func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws {
        if request.echo { throw BackendError.notSupported("A gateway does not fold a completion with `echo`.") }
        try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await FoldedCompletion(request, by: self).run(to: sink)
        }
    }

    public func embeddings(for request: EmbeddingRequest) async throws -> Embeddings {
        try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await FoldedEmbedding(request, by: self).run()
        }
    }
}
