public import Logging
internal import MartletUV

/// The address, limits and timeouts of a server, each with its default.
public struct ServerConfiguration: Sendable {
    /// The addresses to listen on, at least one.
    public var listen: [ListenAddress]
    /// Addresses for operators only: the routes of `RouteAudience.operators`, and the status routes such as `/health`.
    /// They stay open during a drain. Empty: those routes exist at the addresses of `listen`.
    public var adminListen: [ListenAddress] = []
    /// Event loops that share the addresses. Default: one per four cores, at least one.
    public var loopCount: Int
    /// The limits of each connection.
    public var limits = ConnectionLimits()
    /// The maximum number of new requests that wait for a backend; more get 429, except those of principals with fewer
    /// than an equal part of it, up to twice the number.
    public var maximumWaiting = 256
    /// The maximum time that a request waits for a backend, also in the queue of one that `schedulesItself`; then it gets
    /// 503. Nil: no limit.
    public var queueTimeout: Duration?
    /// The maximum number of results of one request: prompts times `n` or `best_of`, or texts to embed. More get 400.
    public var maximumBatchSize = 2048
    /// The maximum bytes of request bodies, values decoded from them, and unsent replies together; requests beyond that
    /// get 503 with `Retry-After`. Up to 16 KiB of each are not counted.
    public var memoryBudget = Self.defaultMemoryBudget
    /// The maximum time from a request's arrival to the end of its reply, including waits; then it gets 504. Nil: no
    /// limit.
    public var requestTimeout: Duration?
    /// The memory in bytes for replies that clients may retrieve later, in APIs that have such requests. Those that were
    /// used longest ago are dropped for others. 0: none are kept.
    public var replyStoreBytes = 0
    /// How long a reply can be retrieved at most.
    public var replyStoreLifetime = Duration.seconds(24 * 3600)
    /// Aliases of models: the name in requests, and the model's id, which replies have. `/v1/models` lists aliases
    /// after the models.
    public var modelAliases: [String: String] = [:]
    /// The id or alias of the model for requests that name none. Nil: the only model, or 400 if there are several. An
    /// unknown name is a `ServerError` at start.
    public var defaultModel: String?
    /// Whether the first model answers requests with unknown model names. `GET /v1/models/{id}` and `/api/show` then
    /// accept any name too; lists contain models and aliases only.
    public var acceptsAnyModel = false
    /// Origins whose web pages may use the server besides its own pages, such as `https://example.org` or
    /// `chrome-extension://ID`; `app://*`, `tauri://*` or `vscode-webview://*` for all pages of an application; `*` for
    /// all. Requests of other pages get 403. A malformed origin is a `ServerError` at start.
    public var allowedOrigins: [String] = []
    /// Host names that a server on loopback addresses accepts in requests, besides `localhost`, the hosts that it
    /// listens on and IP addresses; `*` for all. A server on another address accepts any host name.
    public var allowedHosts: [String] = []
    /// IP addresses and ranges, such as `10.0.0.0/8`, of proxies whose `Forwarded` or `X-Forwarded-For` has the client's
    /// address, for gates and records. A malformed one is a `ServerError` at start.
    public var trustedProxies: [String] = []
    /// Whether an unknown parameter is a 400 that suggests the closest known one. Otherwise it is ignored, counted, and
    /// logged once.
    public var strictParameters = false
    /// The response to `/`. Nil: the banner of the API whose default port this is, or `defaultBanner`.
    public var banner: String?
    /// How long a drain keeps accepting connections, while `/health/ready` is 503 and responses close their connection: a
    /// load balancer needs some seconds to notice. The time of `drainTimeout` begins afterwards.
    public var drainDelay = Duration.zero
    /// The maximum time of a shutdown; the default is less than the 30 s of Kubernetes. Active responses may finish
    /// until 2 s before its end; then the remaining ones, and incomplete requests, get a 503 or an error event. Zero
    /// aborts them at once.
    public var drainTimeout = Duration.seconds(25)
    /// The logger for what clients do not see.
    public var logger = Logger(label: "martlet")

    /// The defaults, except for the given values.
    ///
    /// - Parameters:
    ///   - host: A name or an address of this machine. The default accepts connections from this machine only.
    ///   - port: 0 chooses a free port.
    ///   - loopCount: Event loops that share the address.
    public init(host: String = "127.0.0.1", port: Int = 8080, loopCount: Int = Self.defaultLoopCount) {
        listen = [.tcp(host: host, port: port)]
        self.loopCount = loopCount
    }

    /// - Throws: The `ServerError` that starting a server with an invalid value would throw.
    package func validate() throws(ServerError) {
        _ = try AllowedOrigins(allowedOrigins)
        _ = try TrustedProxies(trustedProxies)
    }

    /// The response to `/` on other ports than the default port of an API.
    public static let defaultBanner = "Martlet is running.\n"

    /// One loop per four cores, at least one.
    public static var defaultLoopCount: Int { max(1, EventLoop.availableParallelism / 4) }

    /// A quarter of the memory that the process may use: the machine's, or the limit of its control groups.
    public static let defaultMemoryBudget = SystemMemory.limit / 4
}
