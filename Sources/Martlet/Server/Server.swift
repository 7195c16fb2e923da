internal import Logging
internal import MartletHTTP
internal import MartletUV

/// A server that is running.
///
/// Starting one has the process ignore SIGPIPE: a write to a client that has gone is that connection's error alone.
public final class Server: Sendable {
    /// As configured.
    public let host: String
    /// The real port, also when the configuration left the choice to the system.
    public let port: Int
    let service: Service
    private let http: HTTPServer

    /// Starts the backends, asks them for their models, then listens.
    init(_ backends: [any Backend], configuration: ServerConfiguration) async throws {
        let allowedOrigins = try AllowedOrigins(configuration.allowedOrigins)
        SignalWatcher.ignoreBrokenPipes()
        let gauges = Gauges(memory: MemoryBudget(limit: configuration.memoryBudget))
        var started: [ServedBackend] = []
        do {
            for backend in backends {
                started.append(try await ServedBackend.start(backend, configuration: configuration, gauges: gauges))
            }
            let registry = try await ModelRegistry(
                started, configuration: configuration, startTime: EventLoop.unixTime)
            service = Service(
                registry, configuration: configuration, allowedOrigins: allowedOrigins, gauges: gauges)
            do throws(UVError) {
                http = try await Self.listen(service)
            } catch {
                throw ServerError(error, configuration: configuration)
            }
        } catch {
            for backend in started { await backend.shutdown() }
            throw error
        }
        service.registry.watch()
        host = configuration.host
        port = http.addresses.first?.port ?? configuration.port
    }

    private static func listen(_ service: Service) async throws(UVError) -> HTTPServer {
        let configuration = service.configuration
        let gauges = service.gauges
        return try await HTTPServer(
            addresses: [SocketAddress.resolve(host: configuration.host, port: configuration.port)],
            loopCount: configuration.loopCount, openConnections: gauges.openConnections, tasks: gauges.tasks
        ) { loop in
            let routes = Routes(service)
            return ConnectionContext(
                on: loop, limits: configuration.limits, memory: service.memory, commonFields: routes.commonFields,
                processingTimeField: "openai-processing-ms", report: { Self.log($0, to: configuration.logger) },
                renderError: routes.render, decide: routes.decide)
        }
    }

    private static func log(_ shortage: ConnectionShortage, to logger: Logger) {
        switch shortage {
        case .connections(let limit):
            logger.warning(
                "a loop has its \(limit) connections open; until some close, others get 503 and only /health answers")
        case .descriptors(let limit):
            logger.warning(
                """
                nearly all of the process's \(limit) descriptors are open; until some close, new connections get 503 and \
                only /health answers; raise the limit with ulimit -n
                """)
        case .over(let open):
            logger.notice("there is room for connections again; \(open) are open on the loop")
        }
    }

    /// Where clients find the API, without `/v1`.
    public var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Writes the address on standard output, at once also into a pipe.
    public func announce() { StandardOutput.write("Martlet listens on \(url)\n") }

    /// What the server is doing now; the numbers of `GET /load`.
    public var counters: ServerCounters { service.gauges.counters }

    /// Adds a route beside the API's. It takes the same way through the server: limits, cancellation when the client
    /// goes, an error response for what the handler throws, refusal of foreign web pages.
    ///
    /// - Parameters:
    ///   - method: A route for GET answers HEAD too.
    ///   - path: As `/api/send`; `{id}` in `/api/items/{id}` is any one segment, which the handler has, percent-decoded,
    ///     as `request.parameters["id"]`. Of two routes for a path, the one with the earlier literal segment answers.
    ///   - handler: Answers the request; runs on the loop for a backend that does, else on the global pool.
    /// - Throws: `ServerError` for a path that the API has, for a route that is there already, and for a malformed path.
    public func route(
        _ method: HTTPMethod, _ path: String,
        _ handler:
            nonisolated(nonsending) @escaping @Sendable (HTTPRequest, consuming ResponseWriter) async throws -> Void
    ) throws(ServerError) {
        let pattern = try RoutePattern(path)
        if let route = Routes(service).route(at: pattern) {
            throw ServerError("\(method) \(path) cannot be added: the API has \(route), which answers at that path")
        }
        try service.customRoutes.add(method, pattern, handler)
    }

    /// Lets the responses under way finish, then ends the loops and the backends.
    func shutDown() async {
        service.registry.stop()
        await http.shutDown(drainTimeout: service.configuration.drainTimeout)
        for backend in service.registry.models.backends { await backend.shutdown() }
    }

    /// Has a shutdown that is under way wait no longer.
    func forceShutdown() { http.forceShutdown() }

    /// Calls back when the process is asked to end, from the moment this returns until the shutdown is over. SIGHUP,
    /// SIGUSR1 and SIGUSR2 do not end the process meanwhile; children that it starts have their default actions.
    nonisolated(nonsending) func watchSignals(onStop: @escaping @Sendable () -> Void) async {
        let (logger, registry) = (service.configuration.logger, service.registry)
        await http.watchSignals(
            [SignalWatcher.interrupt, SignalWatcher.terminate, SignalWatcher.quit], onSignal: onStop)
        await http.watchSignals([SignalWatcher.hangUp]) {
            logger.notice("SIGHUP: the backends are asked for their models again")
            Task { await registry.refresh() }
        }
        await http.watchSignals([SignalWatcher.user1, SignalWatcher.user2]) {}
    }
}
