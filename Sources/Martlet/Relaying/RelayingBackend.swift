/// A backend that answers requests by relaying them, as bytes, to a server of the same API on another machine.
///
/// The server asks after it has resolved the model and before it decodes fields: what it does not know reaches the other
/// server as the client sent it, and what that answers reaches the client. Admission, limits, records and metrics are those
/// of every other backend. Endpoints that are not relayed are served as the backend's refinements say.
public protocol RelayingBackend: Backend {
    /// Whether requests of an endpoint are relayed for a model. Called on an event loop for each request: it must return
    /// immediately.
    func relays(_ endpoint: RelayEndpoint, model: String) -> Bool

    /// Relays one request. It is answered when `sink` has been ended, by `respond`, `finish` or `fail`.
    ///
    /// - Throws: `BackendError` or `OpenAIError` to answer with an error; any other error becomes a 500. After the head has
    ///   been sent, it ends the stream.
    func relay(_ request: RelayRequest, to sink: RelaySink) async throws
}

/// An endpoint whose requests can be relayed.
public struct RelayEndpoint: Sendable, Hashable {
    /// The API whose words requests and replies have.
    package enum API: Sendable, Hashable {
        case openAI, responses, messages
    }

    /// Its path in its API, such as `/v1/chat/completions`, or in vLLM's for tokens.
    public let path: String
    /// Whether its replies are generated, so that they have tokens.
    public let isGenerating: Bool
    package let api: API

    private init(path: String, isGenerating: Bool, api: API = .openAI) {
        (self.path, self.isGenerating, self.api) = (path, isGenerating, api)
    }

    /// Those of APIs for clients.
    package static let ofClients: [RelayEndpoint] = [
        .chatCompletions, .completions, .embeddings, .responses, .inputTokens, .messages, .messageTokens,
    ]

    /// `POST /v1/chat/completions`.
    public static let chatCompletions = RelayEndpoint(path: "/v1/chat/completions", isGenerating: true)
    /// `POST /v1/completions`.
    public static let completions = RelayEndpoint(path: "/v1/completions", isGenerating: true)
    /// `POST /v1/embeddings`.
    public static let embeddings = RelayEndpoint(path: "/v1/embeddings", isGenerating: false)
    /// `POST /tokenize`.
    public static let tokenize = RelayEndpoint(path: "/tokenize", isGenerating: false)
    /// `POST /detokenize`.
    public static let detokenize = RelayEndpoint(path: "/detokenize", isGenerating: false)
    /// `POST /apply-template`.
    public static let applyTemplate = RelayEndpoint(path: "/apply-template", isGenerating: false)
    /// `GET /tokenizer_info`.
    public static let tokenizerInfo = RelayEndpoint(path: "/tokenizer_info", isGenerating: false)
    /// `POST /v1/responses`, if the server does not store responses itself.
    public static let responses = RelayEndpoint(path: "/v1/responses", isGenerating: true, api: .responses)
    /// `POST /v1/responses/input_tokens`, if the server does not store responses itself.
    public static let inputTokens = RelayEndpoint(
        path: "/v1/responses/input_tokens", isGenerating: false, api: .responses)
    /// `POST /v1/messages`.
    public static let messages = RelayEndpoint(path: "/v1/messages", isGenerating: true, api: .messages)
    /// `POST /v1/messages/count_tokens`.
    public static let messageTokens = RelayEndpoint(
        path: "/v1/messages/count_tokens", isGenerating: false, api: .messages)
}
