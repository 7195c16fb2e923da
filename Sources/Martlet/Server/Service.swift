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
    let customRoutes = CustomRoutes()

    init(
        _ registry: ModelRegistry, configuration: ServerConfiguration,
        allowedOrigins: AllowedOrigins = AllowedOrigins(), gauges: Gauges
    ) {
        self.registry = registry
        memory = gauges.memory
        self.configuration = configuration
        self.allowedOrigins = allowedOrigins
        self.gauges = gauges
    }

    var now: Int { EventLoop.unixTime }

    /// The context of a request.
    func context(of request: ModelRequest) -> RequestContext {
        let http = request.http
        return RequestContext(
            requestID: http.requestID, principal: request.principal, deadline: deadline(of: http),
            headers: http.fields, body: request.model.host.retainedBody.contains(.bytes) ? http.body : [],
            logger: configuration.logger)
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
