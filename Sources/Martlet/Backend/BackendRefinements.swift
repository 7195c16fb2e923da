/// A backend that answers `POST /v1/chat/completions`.
public protocol ChatBackend: Backend {
    /// Answers a conversation by emitting what it generates; the same for clients that stream and those that do not.
    ///
    /// Returning means that the model has finished (`finish_reason` `stop`), unless the backend emitted another reason
    /// or the framework found a stop string or `max_tokens` first. Throwing before the first emit is an error response
    /// with a real status (see `BackendError`); after it, an error event in the stream.
    /// The chat template is the backend's business: it gets the messages as they came.
    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws
}

/// A backend that answers `POST /v1/completions`.
public protocol CompletionBackend: Backend {
    /// Continues one prompt, given as token ids. A request with several prompts calls this for each.
    ///
    /// Prompts given as text reach a backend that is also `Tokenizing`; without it they are a 400 that says so.
    func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws
}

/// A backend that answers `POST /v1/embeddings`.
public protocol EmbeddingBackend: Backend {
    /// One vector for each of the request's inputs, in their order; how a vector is pooled is the backend's business.
    /// Inputs given as text are handed on as token ids when the backend is `Tokenizing`.
    func embeddings(for request: EmbeddingRequest) async throws -> Embeddings
}

/// The vectors of an embedding request.
public struct Embeddings: Sendable {
    /// One for each input.
    public var vectors: [[Float]]
    /// Tokens of all inputs together; nil if the backend does not know, and the framework counts token ids.
    public var promptTokens: Int?

    public init(_ vectors: [[Float]], promptTokens: Int? = nil) {
        self.vectors = vectors
        self.promptTokens = promptTokens
    }
}
