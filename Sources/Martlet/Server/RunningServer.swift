internal import Logging
internal import MartletHTTP
internal import MartletUV

/// A server that runs: its addresses and counters, and how to end it.
///
/// Starting one makes the process ignore SIGPIPE, so that a write to a closed connection fails for that connection
/// only.
public final class RunningServer: Sendable {
    /// The addresses that the server listens on, in the order of `ServerConfiguration.listen`, with actual port numbers.
    public let addresses: [ListenAddress]
    /// The addresses for operators, in the order of `ServerConfiguration.adminListen`, with actual port numbers.
    public let adminAddresses: [ListenAddress]
    let service: Service
    private let http: HTTPServer
    private let signals = Locked<ServerSignals?>(nil)
    /// Finishes when the drain begins.
    private let drains: AsyncStream<Never>
    private let drainBegins: AsyncStream<Never>.Continuation

    /// Starts the backends, lists their models, then binds the addresses.
    init(_ server: Server) async throws {
        let configuration = server.configuration
        if configuration.listen.isEmpty { throw ServerError("the server has no address to listen on") }
        let fixed = (configuration.listen + configuration.adminListen).filter { $0.port != 0 }
        if let twice = fixed.first(where: { address in fixed.count { $0 == address } > 1 }) {
            throw ServerError("cannot listen on \(twice) twice")
        }
        let allowedOrigins = try AllowedOrigins(configuration.allowedOrigins)
        try configuration.validate()
        SignalWatcher.ignoreBrokenPipes()
        let gauges = Gauges(memory: MemoryBudget(limit: configuration.memoryBudget))
        var started: [ServedBackend] = []
        do {
            for backend in server.backends {
                started.append(try await ServedBackend.start(backend, configuration: configuration, gauges: gauges))
            }
            let registry = try await ModelRegistry(
                started, configuration: configuration, startTime: EventLoop.unixTime)
            service = Service(
                server, registry, allowedOrigins: allowedOrigins, gauges: gauges)
            http = try await Self.bind(service)
        } catch {
            for backend in started { await backend.shutdown() }
            throw error
        }
        addresses = zip(configuration.listen, http.addresses.clients).map { $0.bound(to: $1.port) }
        adminAddresses = zip(configuration.adminListen, http.addresses.operators).map { $0.bound(to: $1.port) }
        (drains, drainBegins) = AsyncStream.makeStream()
        service.server = self
        if let replies = service.replies { http.setOnInterrupt { replies.interrupt() } }
        service.registry.watch()
    }

    /// Accepts connections.
    func listen() async throws(ServerError) {
        do throws(UVError) { try await http.listen() } catch { throw ServerError(error) }
    }

    private static func bind(_ service: Service) async throws(ServerError) -> HTTPServer {
        let configuration = service.configuration
        let loopCount = max(1, configuration.loopCount)
        let clients = try listening(service, for: .clients, at: configuration.listen, count: loopCount)
        var operators: HTTPListening?
        do throws(ServerError) {
            if !configuration.adminListen.isEmpty {
                operators = try listening(service, for: .operators, at: configuration.adminListen, count: 1)
            }
        } catch {
            clients.close()
            throw error
        }
        do throws(UVError) {
            return try await HTTPServer(clients, operators: operators, loopCount: loopCount)
        } catch {
            throw ServerError(error)
        }
    }

    /// - Parameter count: The number of loops that share the addresses.
    private static func listening(
        _ service: Service, for audience: RouteAudience, at addresses: [ListenAddress], count: Int
    ) throws(ServerError) -> HTTPListening {
        var sockets: [[ListeningSocket]] = []
        for address in addresses {
            do throws(UVError) {
                let resolved = try SocketAddress.resolve(host: address.host ?? "", port: address.port ?? 0)
                sockets.append(try ListeningSocket.bind(to: resolved, count: count))
            } catch {
                for socket in sockets.joined() { socket.close() }
                throw ServerError(error, address: address)
            }
        }
        let (configuration, gauges) = (service.configuration, service.gauges)
        let isForClients = audience == .clients
        let proxies = try TrustedProxies(configuration.trustedProxies)
        return HTTPListening(
            sockets, openConnections: isForClients ? gauges.openConnections : gauges.operatorConnections,
            tasks: isForClients ? gauges.tasks : gauges.operatorTasks
        ) { loop in
            let routes = Routes(service, for: audience)
            return ConnectionContext(
                on: loop, limits: configuration.limits, memory: service.memory, commonFields: routes.commonFields,
                processingTimeField: "openai-processing-ms", report: { log($0, to: configuration.logger) },
                onExchangeEnd: service.records.map { records in
                    { exchange, facts in records.add(exchange, facts as? RequestFacts) }
                },
                makeAttachment: service.collectsFacts ? { RequestFacts() } : nil,
                readsClientAddresses: !service.gates.isEmpty,
                resolveClient: proxies.map { proxies in { proxies.clientAddress(of: $0, from: $1) } },
                lateness: isForClients ? service.measurements?.addLoop() : nil, renderError: routes.render,
                decide: { routes.decide($0, from: $1) })
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

    // MARK: State

    /// The base URL of the API at the first address, without `/v1`; empty without an address.
    public var url: String { addresses.first?.url ?? "" }

    /// The port of the first address; 0 without one.
    public var port: Int { addresses.first?.port ?? 0 }

    /// The configuration with which the server was started.
    public var configuration: ServerConfiguration { service.configuration }

    /// The models that are listed now.
    public var models: [ModelSummary] { service.registry.models.all.map(ModelSummary.init) }

    /// The current counters, which `GET /load` reports too.
    public var counters: ServerCounters {
        var counters = service.gauges.counters
        counters.droppedRecords = service.records?.droppedTotal ?? 0
        return counters
    }

    /// Requests that no observer of records has heard of, because there were too many at once.
    package var unrecordedRequests: Int { service.records?.unrecordedTotal ?? 0 }

    /// Whether `shutdown()`, called by the application or on a second signal, has interrupted responses.
    public var isShutDown: Bool { http.hasInterrupted }

    /// Writes the addresses to standard output, without buffering.
    public func announce() {
        StandardOutput.write("Martlet listens on \(addresses.map(\.url).joined(separator: ", "))\n")
    }

    // MARK: The end

    /// Begins the end of the server. `/health/ready` is 503. For `ServerConfiguration.drainDelay` connections are still
    /// accepted, and responses close them. Then the server listens no more, requests that begin on open connections get
    /// 503, and active responses may finish, for `ServerConfiguration.drainTimeout` at most; requests that wait for a
    /// backend keep their place. `run` returns afterwards. This function returns at once; further calls have no effect.
    public func drain() {
        if service.isDraining.set() { return }
        service.registry.stop()
        http.drain(after: service.configuration.drainDelay, timeout: service.configuration.drainTimeout)
        drainBegins.finish()
    }

    /// Whether `drain()` or `shutdown()` was called.
    public var isDraining: Bool { service.isDraining.isSet }

    /// Returns when no response to a client is active any more. Returns the number of responses that were interrupted
    /// because they took too long; nil if the task is cancelled before.
    ///
    /// - Parameter writer: That of the calling handler, whose own response the drain does not wait for then.
    package nonisolated(nonsending) func waitUntilDrained(for writer: borrowing ResponseWriter) async -> Int? {
        await http.waitUntilDrained(adminAddresses.isEmpty ? writer.buffer : nil)
    }

    /// Ends the server without waiting: active responses get a 503 or an error event, and `run` returns.
    public func shutdown() {
        http.forceShutdown()
        drain()
    }

    /// Returns when a drain begins or the task is cancelled.
    nonisolated(nonsending) func waitForDrain() async { for await _ in drains {} }

    /// The task of `run` was cancelled: during a drain, responses end at once; before it, they may still finish.
    func taskDidCancel() { if isDraining { shutdown() } }

    /// Drains, and stops the loops and the backends.
    nonisolated(nonsending) func stop() async {
        drain()
        await http.shutDown(drainTimeout: service.configuration.drainTimeout)
        for backend in service.registry.models.backends { await backend.shutdown() }
        await service.records?.finish()
    }

    /// Drains on the signals that ask the process to end; see `ServerSignals`.
    nonisolated(nonsending) func watchSignals() async throws(ServerError) {
        do throws(UVError) {
            let watched = try await ServerSignals(of: self)
            signals.withLock { $0 = watched }
        } catch {
            throw ServerError(error)
        }
    }

    /// Lets signals have their default actions again. Does nothing if they were not watched.
    nonisolated(nonsending) func unwatchSignals() async { await signals.withLock { $0 }?.stop() }
}
