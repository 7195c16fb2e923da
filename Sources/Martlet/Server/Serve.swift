internal import MartletHTTP

/// Serves backends until the process receives SIGINT, SIGTERM or SIGQUIT or the calling task is cancelled, then lets
/// active responses finish and returns. A second signal ends them.
///
/// Until then SIGHUP, SIGUSR1 and SIGUSR2 do not end the process: on SIGHUP the backends are asked for their models
/// again, the others do nothing.
///
/// - Parameters:
///   - backends: A request is answered by the backend that lists its model. Every `start()` returns before the server
///     listens.
///   - configuration: The address to listen on, and every limit.
///   - handlesSignals: False leaves signals to the application: then only cancellation stops the server. So it runs
///     within a `ServiceGroup` of swift-service-lifecycle, which handles them itself.
///   - onReady: Called once the server listens; add routes here. By default, it prints the address.
/// - Throws: What a backend's `start()` or `listModels()` throws; `ServerError` when the address cannot be listened on,
///   or when a model is served twice.
public nonisolated(nonsending) func serve(
    _ backends: [any Backend], configuration: ServerConfiguration = ServerConfiguration(), handlesSignals: Bool = true,
    onReady: nonisolated(nonsending) (Server) async throws -> Void = { $0.announce() }
) async throws {
    let server = try await Server(backends, configuration: configuration)
    let (stops, stop) = AsyncStream.makeStream(of: Void.self)
    let isStopping = AtomicFlag()
    if handlesSignals {
        await server.watchSignals {
            if isStopping.set() { server.forceShutdown() }
            stop.yield()
        }
    }
    do {
        try await onReady(server)
    } catch {
        await server.shutDown()
        throw error
    }
    for await _ in stops { break }
    // Cancelling the task also begins a shutdown: the next signal forces it.
    isStopping.set()
    await server.shutDown()
}

/// Serves one backend, as the overload for several does.
public nonisolated(nonsending) func serve(
    _ backend: any Backend, configuration: ServerConfiguration = ServerConfiguration(), handlesSignals: Bool = true,
    onReady: nonisolated(nonsending) (Server) async throws -> Void = { $0.announce() }
) async throws {
    try await serve([backend], configuration: configuration, handlesSignals: handlesSignals, onReady: onReady)
}

/// Serves backends while `body` runs, on a free port unless the configuration names one.
///
/// The server listens before `body` starts and has finished its responses when this returns. For tests, and for
/// applications that also do other work.
///
/// - Parameters:
///   - backends: A request is answered by the backend that lists its model. Every `start()` returns before the server
///     listens.
///   - configuration: The address to listen on, and every limit.
///   - body: Runs while the server does.
/// - Returns: What `body` returns.
/// - Throws: What `serve` throws, and what `body` throws.
public nonisolated(nonsending) func withServer<Result>(
    _ backends: [any Backend], configuration: ServerConfiguration = ServerConfiguration(port: 0),
    _ body: nonisolated(nonsending) (Server) async throws -> Result
) async throws -> Result {
    let server = try await Server(backends, configuration: configuration)
    do {
        let result = try await body(server)
        await server.shutDown()
        return result
    } catch {
        await server.shutDown()
        throw error
    }
}

/// Serves one backend while `body` runs, as the overload for several does.
public nonisolated(nonsending) func withServer<Result>(
    _ backend: any Backend, configuration: ServerConfiguration = ServerConfiguration(port: 0),
    _ body: nonisolated(nonsending) (Server) async throws -> Result
) async throws -> Result {
    try await withServer([backend], configuration: configuration, body)
}
