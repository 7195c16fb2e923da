/// The code that runs models. Conform a type to `Backend` and to one or more of its refinements, then pass an instance
/// to `serve`.
///
/// Conformance determines the endpoints:
/// - `ChatBackend` serves `POST /v1/chat/completions`.
/// - `CompletionBackend` serves `POST /v1/completions`.
/// - `EmbeddingBackend` serves `POST /v1/embeddings`.
/// - `Tokenizing` lets the other endpoints accept text where they need token ids, and serves the tokenizer endpoints.
///
/// An endpoint whose refinement no backend conforms to responds with 501.
///
/// The server calls the requirements concurrently, from several requests at once; it runs at most `maxConcurrency`
/// generations at a time, unless the backend `schedulesItself`.
public protocol Backend: Sendable {
    /// The models that requests may name, in the order in which `GET /v1/models` lists them.
    ///
    /// Called once before the server listens, and again after each element of `modelChanges`. The server also reads
    /// each model's context length, capabilities and details at that time. There is no default implementation, because
    /// a misspelt method would then compile.
    ///
    /// - Throws: Any error. On the first call it keeps the server from starting; on later calls the previous list
    ///   stays.
    func listModels() async throws -> [Model]

    /// Emits an element when the result of `listModels()`, or the properties of a listed model, have changed.
    ///
    /// Requests in progress keep the model that they started with. The server iterates the stream once. The default
    /// stream finishes immediately: the models never change.
    var modelChanges: AsyncStream<Void> { get }

    /// Whether requests may name models that `listModels()` does not return; the backend gets the name as it was sent.
    /// Default: false, and such a request gets 404.
    ///
    /// For each request with such a name, the server calls `capabilities(of:)`, `contextLength(of:)` and `details(of:)`
    /// with it on an event loop: they must then return immediately.
    var resolvesUnknownModels: Bool { get }

    /// The kind of device that the models run on. Default: `cpu`.
    var deviceKind: String { get }

    /// The `owned_by` of models whose `ownedBy` is nil. Default: `martlet`.
    var modelOwner: String { get }

    /// Where the methods run. Read once, before `start()`. Default: `.pool`, Swift's global pool, which suits a backend
    /// that computes. A backend whose calls block its thread uses `.threads(_:)`.
    var placement: Placement { get }

    /// Whether the backend can serve requests now. While it is false, requests get 503 with `Retry-After`. Default:
    /// true.
    ///
    /// Read often, and on an event loop: it must return immediately.
    var isReady: Bool { get }

    /// The number of generations that may run at the same time. Read once, before `start()`. Default: 64.
    ///
    /// Further requests wait in a queue; those that do not fit into it, or that wait too long, get 429.
    var maxConcurrency: Int { get }

    /// Whether the backend has a queue of its own and decides which requests run. Read once, before `start()`. Default:
    /// false, and requests wait in the server's queue for one of `maxConcurrency` permits.
    ///
    /// A backend that declares true gets each request at once, until `maxConcurrency` and
    /// `ServerConfiguration.maximumWaiting` together are in progress; further ones get 429. Generations that are paused
    /// by a slow client do not count. The backend promises to order the requests fairly, by their principals, and to
    /// call `StreamSink.started()` or `Mailbox.started()` when it starts one: until then the request counts as waiting,
    /// and its client's wait for the head of a stream has not begun. Use it for an engine with a scheduler, which can
    /// order requests only if it has all of them. Embeddings count as started when the backend is called.
    var schedulesItself: Bool { get }

    /// Whether a generation that is paused because its client reads too slowly gives up its permit, one of
    /// `maxConcurrency`, to a waiting request. It resumes when the client has caught up and a permit is free again.
    /// Read once, before `start()`.
    ///
    /// If true, calls that are suspended in `StreamSink.emit` come on top of `maxConcurrency`. Default: true, except
    /// for a `maxConcurrency` of 1, because a backend that takes one call at a time may keep state that a second call
    /// would overwrite.
    var yieldsWhilePaused: Bool { get }

    /// The maximum number of tokens of a prompt and its generation together. Default: nil, no limit.
    func contextLength(of model: String) -> Int?

    /// What clients may display about the model. Default: nothing is known.
    func details(of model: String) -> ModelDetails

    /// The optional request parameters that the model supports. A request that needs a missing capability gets 400
    /// before the backend is called. Default: none.
    func capabilities(of model: String) -> Capabilities

    /// What the backend knows of a model's work, for metrics. Called at each scrape, outside the event loops, so it must
    /// return soon. Default: nil, nothing is known.
    func statistics(of model: String) -> BackendStatistics?

    /// The forms of the request body that stay in memory besides the decoded fields. Read once, before `start()`.
    /// Default: `.json`.
    var retainedBody: RetainedBody { get }

    /// Loads models and other resources. Called once, before the server listens. Default: does nothing.
    ///
    /// - Throws: Any error; the server then does not start.
    func start() async throws

    /// Releases what `start()` acquired. Called once, after the last response. Default: does nothing.
    func shutdown() async
}

extension Backend {
    public var modelChanges: AsyncStream<Void> { AsyncStream { $0.finish() } }
    public var resolvesUnknownModels: Bool { false }
    public var deviceKind: String { "cpu" }
    public var modelOwner: String { "martlet" }
    public var placement: Placement { .pool }
    public var isReady: Bool { true }
    public var maxConcurrency: Int { 64 }
    public var schedulesItself: Bool { false }
    public var yieldsWhilePaused: Bool { maxConcurrency > 1 }
    public func contextLength(of model: String) -> Int? { nil }
    public func details(of model: String) -> ModelDetails { ModelDetails() }
    public func capabilities(of model: String) -> Capabilities { [] }
    public func statistics(of model: String) -> BackendStatistics? { nil }
    public var retainedBody: RetainedBody { .json }
    public func start() async throws {}
    public func shutdown() async {}
}

/// The forms of a request's body that stay in memory after decoding, for a backend that reads more than the decoded
/// fields.
///
/// Parsed JSON of a body with many token ids takes ten times the body's length, so a backend that needs only the
/// decoded fields should retain nothing: queued requests then take less memory.
public struct RetainedBody: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Parsed JSON, in the request's `body`, which is empty otherwise.
    public static let json = RetainedBody(rawValue: 1)
    /// The bytes as received, in the request's `context.body`, which is empty otherwise.
    public static let bytes = RetainedBody(rawValue: 2)
}
