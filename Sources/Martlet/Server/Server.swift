internal import Logging
internal import MartletHTTP
internal import MartletUV

/// A running server.
///
/// Starting one makes the process ignore SIGPIPE, so that a write to a closed connection fails for that connection
/// only.
public final class Server: Sendable {
    /// The configured host.
    public let host: String
    /// The port that the server listens on, also where the configuration's port is 0.
    public let port: Int
    let service: Service
    private let http: HTTPServer

    /// Starts the backends, lists their models, then listens.
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
                """
                a loop has its \(limit) connections open; until some close, others get 503 unless no task is needed, as \
                for /health
                """)
        case .descriptors(let limit):
            logger.warning(
                """
                nearly all of the process's \(limit) descriptors are open; until some close, new connections get 503 \
                unless no task is needed, as for /health; raise the limit with ulimit -n
                """)
        case .over(let open):
            logger.notice("there is room for connections again; \(open) are open on the loop")
        }
    }

    /// The base URL of the API, without `/v1`.
    public var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Writes the address to standard output, without buffering.
    public func announce() { StandardOutput.write("Martlet listens on \(url)\n") }

    /// The current counters, which `GET /load` reports too.
    public var counters: ServerCounters { service.gauges.counters }

    /// Adds a route of the application. Limits, cancellation when the client leaves, error responses for errors of the
    /// handler and the refusal of foreign web pages apply to it as to the API's routes.
    ///
    /// - Parameters:
    ///   - method: A route for GET also handles HEAD.
    ///   - path: Such as `/api/send`. `{id}` in `/api/items/{id}` matches one segment, which the handler finds,
    ///     percent-decoded, in `request.parameters["id"]`. If two routes match, the one with the earlier literal
    ///     segment is called.
    ///   - handler: Responds to the request. Runs on the global pool, or on the loop if all backends do.
    /// - Throws: `ServerError` for a path of the API, for a route that exists already, and for a malformed path.
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

    /// Lets active responses finish, then stops the loops and the backends.
    func shutDown() async {
        service.registry.stop()
        await http.shutDown(drainTimeout: service.configuration.drainTimeout)
        for backend in service.registry.models.backends { await backend.shutdown() }
    }

    /// Ends the wait of an active shutdown.
    func forceShutdown() { http.forceShutdown() }

    /// Calls `onStop` for each signal that asks the process to end, from the return of this function until the shutdown
    /// is complete. Meanwhile SIGHUP, SIGUSR1 and SIGUSR2 do not end the process. Child processes have default actions.
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
