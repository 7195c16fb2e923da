/// What serves the models: conform a type to this and to the refinements for what it can do, and call `serve`.
///
/// The refinements are the capabilities. `ChatBackend` answers `/v1/chat/completions`, `CompletionBackend`
/// `/v1/completions`, `EmbeddingBackend` `/v1/embeddings`, `Tokenizing` gives the others text. What a backend does not
/// conform to is answered with 501.
///
/// Every requirement may be called from several requests at once, up to `maxConcurrency` generations.
public protocol Backend: Sendable {
    /// The models that can be asked for, in the order in which lists show them.
    ///
    /// Called once before the server listens, which does not start if this throws, and after each element of
    /// `modelChanges`. A model's context length, capabilities and details are read with it. There is no default: with
    /// one, a misspelt method would compile.
    func listModels() async throws -> [Model]

    /// An element says that `listModels()`, or what is said of a model, has changed. Requests keep the model that they
    /// began with. If listing fails then, the last list stays. Iterated once; it ends at once by default.
    var modelChanges: AsyncStream<Void> { get }

    /// Whether requests may name models that are not listed, which the backend then serves by that name.
    var resolvesUnknownModels: Bool { get }

    /// What the models run on; `cpu` unless the backend says otherwise.
    var deviceKind: String { get }

    /// The `owned_by` of models that name no owner.
    var modelOwner: String { get }

    /// Where the methods run, asked once, before `start()`. A backend that computes stays on the pool, the
    /// default; one that blocks asks for threads of its own.
    var placement: Placement { get }

    /// False while the backend cannot serve yet, or no more: requests then get 503 with `Retry-After`. Asked on a loop,
    /// often: it must not wait.
    var isReady: Bool { get }

    /// How many generations may run at once, asked once, before `start()`. More requests wait, then get 429.
    var maxConcurrency: Int { get }

    /// Whether a generation whose client reads too slowly gives its place among the `maxConcurrency` to a request that
    /// waits, and goes on once the client has caught up and it has a place again; asked once, before `start()`. Calls
    /// of the backend that are suspended in `emit` then come on top of `maxConcurrency`.
    ///
    /// True, but false for a `maxConcurrency` of 1: a backend that takes one call at a time may keep state that a second
    /// call would overwrite.
    var yieldsWhilePaused: Bool { get }

    /// The most tokens that a prompt and its answer may have together; nil if there is no such limit.
    func contextLength(of model: String) -> Int?

    /// What the model is, for those who ask about it.
    func details(of model: String) -> ModelDetails

    /// What the model can do beyond the core parameters. A parameter that needs a capability it lacks is a 400.
    func capabilities(of model: String) -> Capabilities

    /// What of a request's body the backend reads besides the decoded fields, asked once, before `start()`: `.json`
    /// unless the backend says otherwise.
    var retainedBody: RetainedBody { get }

    /// Called once before the server listens. A server does not start if this throws.
    func start() async throws

    /// Called once after the last response, when the server stops.
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
    public var yieldsWhilePaused: Bool { maxConcurrency > 1 }
    public func contextLength(of model: String) -> Int? { nil }
    public func details(of model: String) -> ModelDetails { ModelDetails() }
    public func capabilities(of model: String) -> Capabilities { [] }
    public var retainedBody: RetainedBody { .json }
    public func start() async throws {}
    public func shutdown() async {}
}

/// What of a request's body stays in memory once it is decoded, for a backend that reads more than the decoded fields.
///
/// A body of many token ids takes ten times its length as JSON: requests that wait for their turn are smaller without.
public struct RetainedBody: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The body as JSON: `body` of the request values. Empty without.
    public static let json = RetainedBody(rawValue: 1)
    /// The body's bytes as they came: `context.body`. Empty without.
    public static let bytes = RetainedBody(rawValue: 2)
}
