internal import MartletHTTP
internal import MartletOpenAI

/// The whole API on one screen, and the decision what becomes of a request, made from its head:
/// path 404, method 405, capability 501, then the body (413, 400) and what the endpoint says.
struct Routes {
    private typealias Answer =
        nonisolated(nonsending) @Sendable (Service, HTTPRequest, ResponseStream) async throws -> Void

    private enum Endpoint {
        /// Answered on the loop from what is there.
        case immediate((Service) -> () -> HTTPResponse)
        /// Answered by a task.
        case task(Answer)
        /// A part of OpenAI's API that Martlet, or this backend, does not have.
        case notImplemented(String)
    }

    private let service: Service
    private let table: [String: [HTTPMethod: Endpoint]]

    init(_ service: Service) {
        self.service = service
        table = [
            "/": [.get: .immediate(Service.root)],
            "/health": [.get: .immediate(Service.health)],
            "/health/ready": [.get: .immediate(Service.ready)],
            "/version": [.get: .immediate(Service.version)],
            "/load": [.get: .immediate(Service.load)],
            "/v1/models": [.get: .task { try await $0.listModels($1, $2) }],
            "/v1/models/": [.get: .task { try await $0.retrieveModel($1, $2) }],
            "/v1/chat/completions": [
                .post: service.chat.map { chat in .task { try await $0.chatCompletions($1, $2, with: chat) } }
                    ?? .notImplemented("Chat completions are not supported by this backend.")
            ],
            "/v1/completions": [
                .post: service.completion.map { backend in .task { try await $0.completions($1, $2, with: backend) } }
                    ?? .notImplemented("Completions are not supported by this backend.")
            ],
            "/v1/embeddings": [
                .post: service.embedding.map { backend in .task { try await $0.embeddings($1, $2, with: backend) } }
                    ?? .notImplemented("Embeddings are not supported by this backend.")
            ],
        ]
    }

    /// Families of OpenAI's API that are honestly absent: 501 for any method and anything below.
    private static let absent = [
        "responses", "audio", "images", "moderations", "files", "uploads", "batches", "fine_tuning", "assistants",
        "threads", "vector_stores", "realtime", "conversations", "evals", "containers", "videos",
    ].map { "/v1/\($0)" }

    // MARK: Deciding

    func decide(_ head: RequestHead) -> ConnectionContext.Decision {
        let path = RoutePath(head.path).text
        if head.method == .options && path == "*" { return .reply(HTTPResponse(.noContent)) }
        if let methods = table[path] ?? modelMethods(path) { return decide(head, methods) }
        if let handlers = service.ownRoutes.handlers(of: path) { return decide(head, own: handlers) }
        if Self.absent.contains(where: { path == $0 || path.hasPrefix("\($0)/") }) {
            return refuse(.notImplemented("Martlet does not implement \(path)."))
        }
        return refuse(.notFound("There is no \(path.prefix(256)) here. GET /v1/models lists what can be asked for."))
    }

    private func modelMethods(_ path: String) -> [HTTPMethod: Endpoint]? {
        path.hasPrefix("/v1/models/") ? table["/v1/models/"] : nil
    }

    private func decide(_ head: RequestHead, _ methods: [HTTPMethod: Endpoint]) -> ConnectionContext.Decision {
        switch methods[head.method == .head ? .get : head.method] {
        case .immediate(let answer): .reply(answer(service)())
        case .notImplemented(let message): refuse(.notImplemented(message))
        case .task(let answer): run { [service] in try await answer(service, $0, $1) }
        case nil: refuse(head, allowed: Set(methods.keys))
        }
    }

    private func decide(
        _ head: RequestHead, own handlers: [HTTPMethod: OwnRoutes.Handler]
    ) -> ConnectionContext.Decision {
        guard let handler = handlers[head.method] ?? (head.method == .head ? handlers[.get] : nil) else {
            return refuse(head, allowed: Set(handlers.keys))
        }
        return run(isOwnRoute: true) { request, response in
            try await handler(request, ResponseWriter(response))
            // A handler that has not answered, or not ended its stream, is helped out.
            if response.isPrepared {
                response.finish()
            } else {
                response.send(ErrorRendering.response(OpenAIError.serverError("The route did not answer.")))
            }
        }
    }

    /// 405 with `Allow`, or the answer to OPTIONS, which asks for just that.
    private func refuse(_ head: RequestHead, allowed: Set<HTTPMethod>) -> ConnectionContext.Decision {
        let allowed = allowed.union(allowed.contains(.get) ? [.head, .options] : [.options])
        let allow = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        if head.method == .options { return .reply(HTTPResponse(.noContent, fields: ["Allow": allow])) }
        let error = OpenAIError.methodNotAllowed("\(head.path) does not take \(head.method). It takes \(allow).")
        return .reply(ErrorRendering.response(error, allow: allow))
    }

    private func refuse(_ error: OpenAIError) -> ConnectionContext.Decision {
        .reply(ErrorRendering.response(error))
    }

    // MARK: Running

    /// Answers with a task that ends with its client, and with an error response if it throws.
    private func run(
        isOwnRoute: Bool = false,
        _ answer: nonisolated(nonsending) @escaping @Sendable (HTTPRequest, ResponseStream) async throws -> Void
    ) -> ConnectionContext.Decision {
        let service = service
        return .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { request, response in
            response.onInterrupt {
                service.fail(
                    response, with: BackendError.unavailable("The server is stopping."), of: request,
                    isOwnRoute: isOwnRoute)
            }
            let executor: (any TaskExecutor)? = service.runsOnLoop ? response.loop : nil
            response.run(on: executor, counting: service.gauges.tasks) {
                await service.withTimeout(response, of: request, isOwnRoute: isOwnRoute) {
                    do {
                        try await answer(request, response)
                    } catch {
                        service.fail(response, with: error, of: request, isOwnRoute: isOwnRoute)
                    }
                }
            }
        }
    }
}
