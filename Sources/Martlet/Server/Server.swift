package import MartletHTTP

/// A server before it runs: backends, configuration, and what an application adds.
///
/// ```swift
/// var server = Server(Parrot())
/// try server.route(.get, "/hello") { request, writer in writer.send(HTTPResponse(text: "Hello!")) }
/// try await server.run { print($0.url) }
/// ```
///
/// A value: a change after `run` began concerns the next run only.
public struct Server: Sendable {
    /// The addresses to listen on, and every limit.
    public var configuration: ServerConfiguration
    /// Who finds out who sends requests. Nil: nobody does, and no route requires anything.
    public var authenticator: (any Authenticator)?
    /// What tokens cost, for `RequestRecord.cost`. Nil: requests have no cost.
    public var prices: PriceTable?
    let backends: [any Backend]
    private(set) var customRoutes = CustomRoutes()
    private(set) var gates: [Gate] = []
    private(set) var middleware: [Middleware] = []
    /// Whether signals drain the server, from before the first connection.
    var watchesSignals = false
    /// Whether the process ends with the server: signals are then ignored until it does.
    package var endsProcess = false
    private(set) var recordsSteps: (@Sendable (HTTPRequest) -> Bool)?
    private(set) var observers: [RecordDelivery.Observer] = []
    /// What the loops measure; nil if nobody reads it.
    package var measurements: LoopMeasurements?
    private(set) var startHooks: [@Sendable (RunningServer) async throws -> Void] = []
    private(set) var endHooks: [@Sendable (RunningServer, (any Error)?) async -> Void] = []

    /// A server whose requests are answered by the backend that lists their model.
    public init(_ backends: [any Backend], configuration: ServerConfiguration = ServerConfiguration()) {
        self.backends = backends
        self.configuration = configuration
    }

    /// A server with one backend.
    public init(_ backend: any Backend, configuration: ServerConfiguration = ServerConfiguration()) {
        self.init([backend], configuration: configuration)
    }

    /// Adds a route of the application. Limits, cancellation when the client leaves, error responses for errors of the
    /// handler and the refusal of foreign web pages apply to it as to the API's routes.
    ///
    /// - Parameters:
    ///   - method: A route for GET also handles HEAD.
    ///   - path: Such as `/api/send`. `{id}` in `/api/items/{id}` matches one segment, which the handler finds,
    ///     percent-decoded, in `request.parameters["id"]`; `{rest...}` as the last segment matches one or more. If two
    ///     routes match, the one with the earlier literal segment is called.
    ///   - requirement: What a request needs to pass if the server has an `authenticator`. The default is any valid
    ///     credential; a page that browsers open needs `.nothing`, since they send none.
    ///   - audience: At which addresses the route exists.
    ///   - handler: Responds to the request. Runs on the global pool, or on the loop if all backends do.
    /// - Throws: `ServerError` for a path of the API, for a route that exists already, and for a malformed path.
    public mutating func route(
        _ method: HTTPMethod, _ path: String, requires requirement: RouteRequirement = .principal,
        for audience: RouteAudience = .clients,
        _ handler:
            nonisolated(nonsending) @escaping @Sendable (HTTPRequest, consuming ResponseWriter) async throws -> Void
    ) throws(ServerError) {
        try route(method, path, requires: requirement, for: audience) { request, writer, _ in
            try await handler(request, writer)
        }
    }

    /// Adds a route whose handler also gets the server that runs, for its addresses and counters, or to drain it.
    public mutating func route(
        _ method: HTTPMethod, _ path: String, requires requirement: RouteRequirement = .principal,
        for audience: RouteAudience = .clients,
        _ handler:
            nonisolated(nonsending) @escaping @Sendable (HTTPRequest, consuming ResponseWriter, RunningServer)
            async throws -> Void
    ) throws(ServerError) {
        try route(
            method, path, requires: requirement, for: audience,
            forPrincipal: { request, writer, server, _ in
                try await handler(request, writer, server)
            })
    }

    /// Adds a route whose handler also gets the principal, if the server knows it.
    package mutating func route(
        _ method: HTTPMethod, _ path: String, requires requirement: RouteRequirement,
        for audience: RouteAudience = .clients,
        forPrincipal handler:
            nonisolated(nonsending) @escaping @Sendable (
                HTTPRequest, consuming ResponseWriter, RunningServer, Principal?
            ) async throws -> Void
    ) throws(ServerError) {
        let pattern = try RoutePattern(path)
        if let route = EndpointTable(APIDialect.all).description(at: pattern) {
            throw ServerError("\(method) \(path) cannot be added: the API has \(route), which answers at that path")
        }
        try customRoutes.add(method, pattern, requires: requirement, for: audience, handler)
    }

    /// Adds a gate, which every request for a route passes before its body is read: also requests for `/health`. Gates
    /// run in the order in which they were added; the first one that refuses or responds ends the request. Paths and
    /// methods that do not exist are refused before.
    ///
    /// - Parameter gate: Decides from the head. It runs on an event loop, between all other requests, so it must return
    ///   at once: what waits or computes is middleware.
    public mutating func gate(_ gate: @escaping @Sendable (GateRequest) -> GateDecision) { gates.append(gate) }

    /// Adds middleware, which wraps the requests of some routes. The first one that was added is outermost.
    ///
    /// A static response such as `/health` needs no task of its own, unless middleware covers its route. Requests that are
    /// refused from their head alone do not reach middleware.
    ///
    /// - Parameters:
    ///   - path: The route that is covered, and everything below it: `/v1`, or `/api/items/{id}`. Default: all routes.
    ///   - body: Runs on the global pool. It calls `next` once, or throws an error that becomes the response.
    public mutating func middleware(
        at path: String = "/",
        _ body: nonisolated(nonsending) @escaping @Sendable (MiddlewareRequest, Next) async throws -> Void
    ) {
        middleware.append(Middleware(at: path, body))
    }

    /// Adds middleware for all requests that have a task anyway: those that a model or a route of the application
    /// answers.
    package mutating func taskMiddleware(
        _ body: nonisolated(nonsending) @escaping @Sendable (MiddlewareRequest, Next) async throws -> Void
    ) {
        middleware.append(Middleware(at: "/", requiresTask: false, body))
    }

    /// Adds an observer of requests, for logs and statistics. Without one, nothing is recorded.
    ///
    /// - Parameter observer: Called outside the event loops with the records of requests that have ended, in order, one
    ///   batch at a time; some 20 ms after the first of them. Observers do not wait for each other. `run` returns when all
    ///   records have been delivered, or 2 s after the last response if an observer takes longer. If an observer is slow
    ///   for so long that 65,536 records wait for it, further ones are dropped, and the log says so.
    public mutating func onRequestEnd(_ observer: @escaping @Sendable ([RequestRecord]) async -> Void) {
        observers.append(observer)
    }

    /// Records each token of some requests' generations in `GenerationFacts.steps`. It takes 64 bytes and a reading of
    /// the clock for each token, and is without effect unless there is an observer of `onRequestEnd`.
    ///
    /// - Parameter isRecorded: Whether a request's are recorded, asked once before its generation. After several calls,
    ///   one that says so is enough.
    public mutating func recordSteps(where isRecorded: @escaping @Sendable (HTTPRequest) -> Bool) {
        let earlier = recordsSteps
        recordsSteps = { request in isRecorded(request) || earlier?(request) == true }
    }

    /// Adds what must happen before the server accepts its first request.
    ///
    /// - Parameter body: Called when the backends have started and the addresses are bound, in the order of addition. If
    ///   it throws, the server does not start, and `run` throws that error.
    public mutating func onStart(_ body: @escaping @Sendable (RunningServer) async throws -> Void) {
        startHooks.append(body)
    }

    /// Adds what must happen at the end of a run.
    ///
    /// - Parameter body: Called once, after the backends have shut down and the observers of `onRequestEnd` have the last
    ///   record, last addition first; also if the server could not start, unless its backends could not or its addresses
    ///   are not free. The error is the one that ended the run; nil if it was drained.
    public mutating func onEnd(_ body: @escaping @Sendable (RunningServer, (any Error)?) async -> Void) {
        endHooks.append(body)
    }

    /// Runs the server until `RunningServer.drain()` is called or the task is cancelled, lets active responses finish,
    /// and returns. Cancelling the task during a drain ends the responses.
    ///
    /// - Parameter onReady: Called once the server listens. If it throws, the server drains and `run` throws that
    ///   error.
    /// - Throws: What a backend's `start()` or `listModels()` throws; `ServerError` if an address cannot be listened on,
    ///   for an invalid configuration, and for a model that is served twice.
    public nonisolated(nonsending) func run(
        onReady: nonisolated(nonsending) (RunningServer) async throws -> Void = { _ in }
    ) async throws {
        try await run(during: { running in
            try await onReady(running)
            await running.waitForDrain()
        })
    }

    /// Runs the server during `body`, then drains it. Returns what `body` returns.
    nonisolated(nonsending) func run<Result>(
        during body: nonisolated(nonsending) (RunningServer) async throws -> Result
    ) async throws -> Result {
        let running = try await RunningServer(self)
        return try await withTaskCancellationHandler {
            do {
                if watchesSignals { try await running.watchSignals() }
                for hook in startHooks { try await hook(running) }
                try await running.listen()
                let result = try await body(running)
                await stop(running, nil)
                return result
            } catch {
                await stop(running, error)
                throw error
            }
        } onCancel: {
            running.taskDidCancel()
        }
    }

    private nonisolated(nonsending) func stop(_ running: RunningServer, _ error: (any Error)?) async {
        await running.stop()
        for hook in endHooks.reversed() { await hook(running, error) }
        if !endsProcess { await running.unwatchSignals() }
    }
}
