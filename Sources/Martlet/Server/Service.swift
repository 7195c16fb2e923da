internal import MartletHTTP
internal import MartletOpenAI
internal import MartletUV

/// The state that all requests of a server share.
final class Service: Sendable {
    let registry: ModelRegistry
    /// For bodies, values decoded from them, and replies.
    let memory: MemoryBudget
    let configuration: ServerConfiguration
    let allowedOrigins: AllowedOrigins
    let gauges: Gauges
    let customRoutes: CustomRoutes
    /// Set when the server begins to drain.
    let isDraining = AtomicFlag()
    /// Nil if no request needs a credential.
    let authenticator: (any Authenticator)?
    let gates: [Server.Gate]
    let limiter = PrincipalLimiter()
    let constraints = ConstraintCompiler()
    /// Nil if no replies are kept.
    let replies: ReplyStore?
    let middleware: [Middleware]
    /// Whether the steps of a request's generation are recorded; nil if none are.
    let recordsSteps: (@Sendable (HTTPRequest) -> Bool)?
    /// Nil without an observer.
    let records: RecordDelivery?
    /// Nil if nobody reads them.
    let measurements: LoopMeasurements?
    private let running = Locked(WeakReference())

    private struct WeakReference { weak var server: RunningServer? }

    init(
        _ server: Server, _ registry: ModelRegistry, allowedOrigins: AllowedOrigins = AllowedOrigins(), gauges: Gauges
    ) {
        self.registry = registry
        memory = gauges.memory
        configuration = server.configuration
        self.allowedOrigins = allowedOrigins
        self.gauges = gauges
        customRoutes = server.customRoutes
        replies =
            configuration.replyStoreBytes > 0
            ? ReplyStore(capacity: configuration.replyStoreBytes, lifetime: configuration.replyStoreLifetime) : nil
        authenticator = server.authenticator
        gates = server.gates
        middleware = server.middleware
        recordsSteps = server.recordsSteps
        measurements = server.measurements
        records =
            server.observers.isEmpty
            ? nil : RecordDelivery(server.observers, prices: server.prices, logger: server.configuration.logger)
    }

    /// The server whose requests these are, as long as it runs. Set before the first request.
    var server: RunningServer? {
        get { running.withLock { $0.server } }
        set { running.withLock { $0.server = newValue } }
    }

    /// Whether the records of requests are observed.
    var isObserved: Bool { records != nil }

    /// Whether the facts of requests are collected, for their records or for middleware.
    var collectsFacts: Bool { isObserved || !middleware.isEmpty }

    /// Whether requests may have principals, which share models and may have limits.
    var hasPrincipals: Bool { authenticator != nil || !gates.isEmpty || !middleware.isEmpty }

    var now: Int { EventLoop.unixTime }

    /// The context of a request for a model.
    func context(of request: ModelRequest) -> RequestContext {
        var context = context(of: request.http, request.response, principal: request.principal)
        if request.model.host.retainedBody.contains(.bytes) { context.body = request.http.body }
        return context
    }

    func context(of http: HTTPRequest, _ response: ResponseBuffer, principal: Principal?) -> RequestContext {
        RequestContext(
            requestID: http.requestID, principal: principal, deadline: deadline(of: http), headers: http.fields,
            logger: configuration.logger, responseFields: ResponseFields(of: response))
    }

    /// The time after which a request gets 504; nil if there is none.
    func deadline(of request: HTTPRequest) -> ContinuousClock.Instant? {
        configuration.requestTimeout.map { request.arrival + $0 }
    }

    /// Counts bytes of a reply that is being made, if they exceed what is free.
    ///
    /// - Throws: `MemoryBudget.Exceeded`, which becomes 503, or 413 if they could never fit.
    func reserve(_ bytes: Int, for response: ResponseBuffer) throws(MemoryBudget.Exceeded) {
        if bytes > MemoryBudget.free { try response.memory.add(bytes) }
    }
}
