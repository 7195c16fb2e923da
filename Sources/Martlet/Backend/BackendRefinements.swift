/// A backend that serves `POST /v1/chat/completions`.
public protocol ChatBackend: Backend {
    /// Generates a reply to a conversation and emits it into `sink` as it is generated, whether or not the client
    /// streams.
    ///
    /// Returning ends the reply with `finish_reason` `stop`, unless the backend has emitted another reason. If the
    /// framework finds a stop string or reaches `max_tokens` first, it ends the reply itself, and `emit` throws
    /// `CancellationError`. Applying the chat template is up to the backend: it gets the messages as the client sent
    /// them.
    ///
    /// - Throws: `BackendError` or `OpenAIError` to choose the status and the message; any other error becomes a 500.
    ///   If the response head has not been sent, the client gets that status; otherwise the stream ends with an error
    ///   event.
    func chatCompletionStream(_ request: ChatRequest, to sink: StreamSink) async throws
}

/// A backend that serves `POST /v1/completions`.
public protocol CompletionBackend: Backend {
    /// Whether the backend continues text as well as token ids: it then gets a prompt that the client sent as text in
    /// `TokenRequest.prompt`, without token ids. Default: false. A backend that is `Tokenizing` always gets token ids.
    var completesText: Bool { get }

    /// Continues one prompt, given as token ids, and emits the continuation into `sink`. The server calls this once for
    /// each prompt of a request; several of these calls may run at the same time.
    ///
    /// If the backend is also `Tokenizing`, the server encodes prompts that the client sent as text; otherwise it
    /// refuses them with 400, unless the backend `completesText`.
    ///
    /// - Throws: As `ChatBackend.chatCompletionStream(_:to:)`.
    func generateFromTokens(_ request: TokenRequest, to sink: StreamSink) async throws
}

extension CompletionBackend {
    public var completesText: Bool { false }
}

/// A backend that serves `POST /v1/embeddings`.
public protocol EmbeddingBackend: Backend {
    /// Returns one vector for each of the request's inputs, in the same order. Pooling and normalization are up to the
    /// backend.
    ///
    /// If the backend is also `Tokenizing`, every input is token ids; otherwise inputs are what the client sent.
    ///
    /// - Throws: `BackendError` or `OpenAIError` to choose the status and the message; any other error becomes a 500.
    func embeddings(for request: EmbeddingRequest) async throws -> Embeddings
}

/// The result of an embedding request.
public struct Embeddings: Sendable {
    /// One vector for each input, in the order of the inputs.
    public var vectors: [[Float]]
    /// The number of tokens of all inputs together; if nil, the framework counts the token ids of the inputs.
    public var promptTokens: Int?
    /// The name, in records, of the server that has computed them; nil for this one.
    package var upstream: String?

    public init(_ vectors: [[Float]], promptTokens: Int? = nil) {
        self.vectors = vectors
        self.promptTokens = promptTokens
    }
}
