internal import MartletHTTP
internal import MartletUV

/// A server that is running.
public final class Server: Sendable {
    /// As configured; `port` is the real one, also when the configuration left the choice to the system.
    public let host: String
    public let port: Int
    let service: Service
    private let http: HTTPServer

    /// Starts the backend, then listens.
    init(_ backend: any Backend, configuration: ServerConfiguration) async throws {
        let service = Service(backend, configuration: configuration)
        self.service = service
        SignalWatcher.ignoreBrokenPipes()
        let address = try SocketAddress.resolve(host: configuration.host, port: configuration.port)
        try await backend.start()
        do {
            http = try await HTTPServer(
                address: address, loopCount: configuration.loopCount, openConnections: service.gauges.openConnections,
                tasks: service.gauges.tasks
            ) { loop in
                let routes = Routes(service)
                return ConnectionContext(
                    on: loop, limits: configuration.limits, tasks: service.gauges.tasks,
                    renderError: ErrorRendering.response, decide: routes.decide)
            }
        } catch {
            await backend.shutdown()
            throw error
        }
        host = configuration.host
        port = http.address.port
    }

    /// Where clients find the API, without `/v1`.
    public var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Writes the address on standard output, at once also into a pipe.
    public func announce() { StandardOutput.write("Martlet listens on \(url)\n") }

    public var counters: ServerCounters { service.gauges.counters }

    /// Adds a route beside the API's. It takes the same way through the server: limits, cancellation when the client
    /// goes, an error response for what the handler throws. The API's own paths cannot be replaced.
    ///
    /// - Parameters:
    ///   - method: A route for GET answers HEAD too.
    ///   - path: As `/api/send`, without a trailing slash.
    ///   - handler: Answers the request; runs where the backend's methods run.
    public func route(
        _ method: HTTPMethod, _ path: String,
        _ handler:
            nonisolated(nonsending) @escaping @Sendable (HTTPRequest, consuming ResponseWriter) async throws -> Void
    ) {
        service.ownRoutes.add(method, RoutePath(path).text, handler)
    }

    /// Lets the responses under way finish, then ends the loops and the backend.
    func shutDown() async {
        await http.shutDown(drainTimeout: service.configuration.drainTimeout)
        await service.backend.shutdown()
    }

    /// Has a shutdown that is under way wait no longer.
    func hurry() { http.hurry() }

    /// Calls back when the process is asked to end, until the shutdown is over.
    func onStopSignal(_ action: @escaping @Sendable () -> Void) {
        http.watchSignals([SignalWatcher.interrupt, SignalWatcher.terminate], onSignal: action)
    }
}
