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
