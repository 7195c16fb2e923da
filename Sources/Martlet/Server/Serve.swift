/// Serves backends until the process receives SIGINT, SIGTERM or SIGQUIT or the calling task is cancelled, then lets
/// active responses finish and returns. A second signal ends them.
///
/// Until then SIGHUP, SIGUSR1 and SIGUSR2 do not end the process: on SIGHUP the authenticator reloads and the backends
/// are asked for their models again, the others do nothing. An application that handles signals itself uses `Server.run(onReady:)`; within a
/// `ServiceGroup` of swift-service-lifecycle, the module `MartletLifecycle` makes a `Server` a service.
///
/// - Parameters:
///   - backends: A request is answered by the backend that lists its model. Every `start()` returns before the server
///     listens.
///   - configuration: The addresses to listen on, and every limit.
///   - configure: Adds routes, gates, middleware and observers before the server starts.
///   - onReady: Called once the server listens. By default, it prints the address.
/// - Throws: What `configure` throws, and what `Server.run(onReady:)` throws.
public nonisolated(nonsending) func serve(
    _ backends: [any Backend], configuration: ServerConfiguration = ServerConfiguration(),
    configure: (inout Server) throws -> Void = { _ in },
    onReady: nonisolated(nonsending) (RunningServer) async throws -> Void = { $0.announce() }
) async throws {
    var server = Server(backends, configuration: configuration)
    try configure(&server)
    server.watchesSignals = true
    try await server.run(onReady: onReady)
}

/// Serves one backend, as the overload for several does.
public nonisolated(nonsending) func serve(
    _ backend: any Backend, configuration: ServerConfiguration = ServerConfiguration(),
    configure: (inout Server) throws -> Void = { _ in },
    onReady: nonisolated(nonsending) (RunningServer) async throws -> Void = { $0.announce() }
) async throws {
    try await serve([backend], configuration: configuration, configure: configure, onReady: onReady)
}

/// Serves backends while `body` runs, on a free port unless the configuration names one.
///
/// The server listens before `body` starts and has finished its responses when this returns. For tests, and for
/// applications that also do other work.
///
/// - Parameters:
///   - backends: A request is answered by the backend that lists its model. Every `start()` returns before the server
///     listens.
///   - configuration: The addresses to listen on, and every limit.
///   - configure: Adds routes, gates, middleware and observers before the server starts.
///   - body: Runs while the server does.
/// - Returns: What `body` returns.
/// - Throws: What `Server.run(onReady:)` throws, and what `configure` and `body` throw.
public nonisolated(nonsending) func withServer<Result>(
    _ backends: [any Backend], configuration: ServerConfiguration = ServerConfiguration(port: 0),
    configure: (inout Server) throws -> Void = { _ in },
    while body: nonisolated(nonsending) (RunningServer) async throws -> Result
) async throws -> Result {
    var server = Server(backends, configuration: configuration)
    try configure(&server)
    return try await server.run(during: body)
}

/// Serves one backend while `body` runs, as the overload for several does.
public nonisolated(nonsending) func withServer<Result>(
    _ backend: any Backend, configuration: ServerConfiguration = ServerConfiguration(port: 0),
    configure: (inout Server) throws -> Void = { _ in },
    while body: nonisolated(nonsending) (RunningServer) async throws -> Result
) async throws -> Result {
    try await withServer([backend], configuration: configuration, configure: configure, while: body)
}
