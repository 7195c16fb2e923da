public import Logging
internal import MartletUV

/// How a server listens, and every limit and timeout it has, each with its default.
public struct ServerConfiguration: Sendable {
    /// A name or an address of this machine. The default is reachable from this machine only.
    public var host: String
    /// 0 has the system choose one.
    public var port: Int
    /// Event loops, which share the port; one for four cores, at least one.
    public var loopCount: Int
    /// Of each connection.
    public var limits = ConnectionLimits()
    /// New requests that wait for the backend; more get 429.
    public var maximumWaiting = 256
    /// Answers that one request may ask for: its prompts times `n` or `best_of`, or its texts to embed. More get 400.
    public var maximumBatchSize = 2048
    /// Bytes that request bodies, what is read from them, and replies that are not sent yet may take together; requests
    /// beyond that get 503 with `Retry-After`. It counts what is large: up to 16 KiB of each are free.
    public var memoryBudget = Self.defaultMemoryBudget
    /// From a request's arrival to the end of its answer, waiting included; then it gets 504. Nil: no limit.
    public var requestTimeout: Duration?
    /// Other names of models: what clients may ask for, and the id of the model that then answers. Replies name that
    /// one. `/v1/models` lists aliases behind the models.
    public var modelAliases: [String: String] = [:]
    /// The id or alias of the model that answers requests that name none; nil: the only model, and 400 where there are
    /// several. A name that is not served is a `ServerError` at start.
    public var defaultModel: String?
    /// Whether the first model answers to every name that is none of another. `GET /v1/models/{id}` and `/api/show` then
    /// know any name too; lists have only the models and aliases there are.
    public var acceptsAnyModel = false
    /// Origins whose web pages may use the server besides its own pages: as `https://example.org` or
    /// `chrome-extension://ID`; all of an application's as `app://*`, `tauri://*` or `vscode-webview://*`; `*` for all.
    /// Requests of other pages get 403. A malformed origin is a `ServerError` at start.
    public var allowedOrigins: [String] = []
    /// Host names by which a server that listens on this machine alone may be reached, besides `localhost`, its `host`
    /// and IP addresses; `*` for all. A server that other machines reach does not look at host names.
    public var allowedHosts: [String] = []
    /// Whether a parameter that the API does not know is a 400 that names the closest known one. Otherwise it is
    /// ignored, counted, and logged once.
    public var strictParameters = false
    /// What `/` answers; nil: what clients look for on the port, if it is the usual one of an API.
    public var banner: String?
    /// How long a server takes at most to stop, which is less than the 30 s that Kubernetes grants. The responses under
    /// way have until 2 s before its end; then those that are left, and requests that have not arrived whole, get a
    /// 503 or an error event. Zero breaks them off at once.
    public var drainTimeout = Duration.seconds(25)
    /// Where the server says what no client is told.
    public var logger = Logger(label: "martlet")

    /// The defaults, but for what is named here.
    public init(host: String = "127.0.0.1", port: Int = 8080, loopCount: Int = Self.defaultLoopCount) {
        self.host = host
        self.port = port
        self.loopCount = loopCount
    }

    /// Throws the `ServerError` that starting a server would, for values that no server can be started with.
    package func validate() throws(ServerError) { _ = try AllowedOrigins(allowedOrigins) }

    /// What `/` answers on any port that is not the usual one of an API.
    public static let defaultBanner = "Martlet is running.\n"

    /// One loop for four cores, at least one.
    public static var defaultLoopCount: Int { max(1, EventLoop.availableParallelism / 4) }

    /// A quarter of the memory that the process may use: the machine's, or what its control groups allow.
    public static let defaultMemoryBudget = SystemMemory.limit / 4
}
