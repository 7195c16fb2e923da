internal import MartletHTTP
internal import MartletOpenAI

/// Runs one request of a route that needs a task: middleware, then an endpoint or an application's handler.
struct RequestRun: Sendable {
    typealias Decision = ConnectionContext.Decision

    private let service: Service
    private let route: String
    private let requirement: RouteRequirement
    private let principal: Principal?
    /// Counts towards the principal's limits until the task ends: a backend may generate after the client has left.
    private let lease: RequestLease?
    private let errors: any ErrorEnvelope
    private let tasks: Gauge

    /// - Parameter tasks: Counts the request's task.
    init(
        _ service: Service, route: String, requires requirement: RouteRequirement, from sender: Sender,
        errors: any ErrorEnvelope, counting tasks: Gauge
    ) {
        self.tasks = tasks
        self.service = service
        self.route = route
        self.requirement = requirement
        (principal, lease) = (sender.principal, sender.lease)
        self.errors = errors
    }

    /// Who sent a request, if the server knows, and the request's place in the sender's limits, if it has any.
    struct Sender: Sendable {
        var principal: Principal?
        var lease: RequestLease?
    }

    // MARK: What is run

    /// An endpoint that a model answers. A small body is parsed on the loop, so that the request's task starts where the
    /// model's backend runs; a large one, and one that middleware sees first, is parsed on the global pool.
    func decision(_ endpoint: ModelEndpoint) -> Decision {
        .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { http, response in
            if http.body.count > MemoryBudget.free || hasMiddleware {
                return start(http, response, on: nil) { principal in
                    let request = try resolve(endpoint, http, response, principal)
                    guard request.model.host.runsOnLoop else { return try await endpoint.answer(service, request) }
                    try await withTaskExecutorPreference(response.loop) {
                        try await endpoint.answer(service, request)
                    }
                }
            }
            do {
                let request = try resolve(endpoint, http, response, principal)
                let executor: (any TaskExecutor)? = request.model.host.runsOnLoop ? response.loop : nil
                start(http, response, on: executor) { _ in try await endpoint.answer(service, request) }
            } catch {
                service.fail(response, with: error, of: http, as: errors)
            }
        }
    }

    /// A response that is known without a task, where middleware covers the route.
    func decision(_ answer: @escaping Endpoint.Read) -> Decision {
        .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { http, response in
            start(http, response, on: nil) { principal in
                response.send(try answer(service, http.head, principal))
            }
        }
    }

    /// An endpoint without a model.
    func decision(_ answer: @escaping Endpoint.Answer) -> Decision {
        .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { http, response in
            start(http, response, on: nil) { principal in try await answer(service, http, response, principal) }
        }
    }

    /// A handler of the application.
    func decision(_ handler: @escaping CustomRoutes.Handler, _ parameters: [String: String]) -> Decision {
        .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { request, response in
            let executor: (any TaskExecutor)? =
                service.registry.models.backends.allSatisfy(\.runsOnLoop) ? response.loop : nil
            var request = request
            request.parameters = parameters
            guard let server = service.server else {
                _ = response.abort()
                return
            }
            // Middleware may compute, and the handler may not.
            start(request, response, on: hasMiddleware ? nil : executor) { [request] principal in
                if hasMiddleware {
                    try await withTaskExecutorPreference(executor) {
                        try await handler(request, ResponseWriter(response), server, principal)
                    }
                } else {
                    try await handler(request, ResponseWriter(response), server, principal)
                }
                // The handler has not ended its stream, or has not responded.
                if response.isPrepared { response.finish() }
                if response.isOpen { throw OpenAIError.serverError("The route did not answer.") }
            }
        }
    }

    /// Parses the body and resolves the model that it names. A request without a body may name one in its query.
    private func resolve(
        _ endpoint: ModelEndpoint, _ http: HTTPRequest, _ response: ResponseBuffer, _ principal: Principal?
    ) throws -> ModelRequest {
        let models = service.registry.models(for: principal)
        guard http.method == .post else {
            return ModelRequest(
                http: http, response: response, body: [:], model: try models.resolve(http.query["model"]),
                isLarge: false, principal: principal)
        }
        let isLarge = http.body.count > MemoryBudget.free
        let body = try service.parse(http, response)
        let request = ModelRequest(
            http: http, response: response, body: body, model: try endpoint.resolve(body, models), isLarge: isLarge,
            principal: principal)
        response.updateFacts { $0.model = request.model.id }
        service.dropBody(of: request)
        return request
    }

    // MARK: The task

    /// Starts the request's task, which is cancelled when the client leaves. An error that it throws becomes the
    /// response.
    private func start(
        _ http: HTTPRequest, _ response: ResponseBuffer, on executor: (any TaskExecutor)?,
        _ answer: nonisolated(nonsending) @escaping @Sendable (_ principal: Principal?) async throws -> Void
    ) {
        let onInterrupt = { @Sendable in
            if response.isOpen { response.updateFacts { $0.cancellation = .shutdown } }
            service.fail(response, with: BackendError.unavailable("The server is stopping."), of: http, as: errors)
        }
        let middleware = middleware
        RequestTask.start(for: response, on: executor, counting: tasks, onInterrupt: onInterrupt) {
            await service.withTimeout(response, of: http, as: errors) {
                if middleware.isEmpty { return await complete(http, response, principal, answer) }
                await proceed(through: middleware[...], http, response, answer)
            }
        }
    }

    /// Answers the request; an error becomes the response.
    private nonisolated(nonsending) func complete(
        _ http: HTTPRequest, _ response: ResponseBuffer, _ principal: Principal?,
        _ answer: nonisolated(nonsending) @Sendable (_ principal: Principal?) async throws -> Void
    ) async {
        do {
            try await answer(principal)
        } catch {
            service.fail(response, with: error, of: http, as: errors)
        }
    }

    // MARK: Middleware

    /// Whether middleware covers the route.
    var hasMiddleware: Bool { service.middleware.contains { $0.covers(route) } }
    /// Whether some of it needs the request to have a task.
    var requiresTask: Bool { service.middleware.contains { $0.requiresTask && $0.covers(route) } }
    private var middleware: [Middleware] {
        service.middleware.isEmpty ? [] : service.middleware.filter { $0.covers(route) }
    }

    /// Calls the middleware, the first one outermost, and inside of the last one answers the request.
    private nonisolated(nonsending) func proceed(
        through middleware: ArraySlice<Middleware>, _ http: HTTPRequest, _ response: ResponseBuffer,
        _ answer: nonisolated(nonsending) @escaping @Sendable (_ principal: Principal?) async throws -> Void
    ) async {
        do {
            try await call(middleware, http, response, principal, answer)
            if response.isOpen { throw OpenAIError.serverError("The server's middleware did not call `next`.") }
        } catch {
            if !response.isOpen { return service.logLate(error, from: "the middleware of \(route)") }
            service.fail(response, with: error, of: http, as: errors)
        }
    }

    @discardableResult
    private func call(
        _ middleware: ArraySlice<Middleware>, _ http: HTTPRequest, _ response: ResponseBuffer, _ principal: Principal?,
        _ answer: nonisolated(nonsending) @escaping @Sendable (_ principal: Principal?) async throws -> Void
    ) async throws -> RequestOutcome {
        guard let first = middleware.first else {
            await complete(http, response, principal) { principal in
                // Middleware may have found another one than the gates.
                if let principal, let refusal = requirement.refusal(of: principal) { throw refusal }
                try await answer(principal)
            }
            return RequestOutcome(of: response)
        }
        let request = MiddlewareRequest(
            http: http, route: route, context: service.context(of: http, response, principal: principal),
            attach: { value in
                response.updateFacts { $0.attachments.append(value) }
                return !response.isCancelled
            })
        let hasProceeded = AtomicFlag()
        let next = Next(principal: principal) { principal in
            if hasProceeded.set() { throw OpenAIError.serverError("The server's middleware called `next` twice.") }
            if let principal { response.updateFacts { $0.principal = principal } }
            return try await call(middleware.dropFirst(), http, response, principal, answer)
        }
        try await first.body(request, next)
        return RequestOutcome(of: response)
    }
}

extension RequestOutcome {
    /// The outcome of a response that is complete.
    fileprivate init(of response: ResponseBuffer) {
        let facts = response.facts?.values ?? RequestFacts.Values()
        status = response.status
        hasClientLeft = response.isCancelled
        error = facts.error
        model = facts.model
        generation = facts.generation
    }
}
