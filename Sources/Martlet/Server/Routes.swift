internal import MartletHTTP
internal import MartletOpenAI

/// The whole API on one screen, and the decision what becomes of a request, made from its head:
/// path 404, method 405, capability 501, then the body (413, 400) and what the endpoint says.
struct Routes {
    typealias Answer =
        nonisolated(nonsending) @Sendable (Service, HTTPRequest, ResponseStream) async throws -> Void

    enum Endpoint {
        /// Answered on the loop from what is there.
        case immediate((Service) -> () -> HTTPResponse)
        /// Answered by a task.
        case task(Answer)
        /// A part of OpenAI's API that Martlet, or this backend, does not have.
        case notImplemented(String)
    }

    private let service: Service
    private let hostCheck: HostCheck?
    private let originCheck: OriginCheck
    private let corsPolicy: CORSPolicy?
    private let table: [String: [HTTPMethod: Endpoint]]

    init(_ service: Service) {
        self.service = service
        hostCheck = HostCheck(service.configuration)
        originCheck = OriginCheck(allowed: service.allowedOrigins)
        corsPolicy = CORSPolicy(service.allowedOrigins)
        var table: [String: [HTTPMethod: Endpoint]] = [
            "/": [.get: .immediate(Service.root)],
            "/health": [.get: .immediate(Service.health)],
            "/health/ready": [.get: .immediate(Service.ready)],
            "/version": [.get: .immediate(Service.version)],
            "/load": [.get: .immediate(Service.load)],
        ]
        for (path, methods) in Self.ollama(service) { table[path] = methods }
        // With `/v1`, as OpenAI has it, and without, as careless base URLs have it.
        for (path, methods) in Self.api(service) {
            table[path] = methods
            table["/v1\(path)"] = methods
        }
        self.table = table
    }

    private static func api(_ service: Service) -> [String: [HTTPMethod: Endpoint]] {
        let (chat, completion, embedding) = (service.chat, service.completion, service.embedding)
        let tokenizing = service.tokenizing
        return [
            "/models": [.get: .task { try await $0.listModels($1, $2) }],
            // And all below it.
            "/models/": [.get: .task { try await $0.retrieveModel($1, $2) }],
            "/chat/completions": [
                .post: endpoint(chat, "Chat completions") { chat in { try await $0.chatCompletions($1, $2, with: chat) }
                }
            ],
            "/completions": [
                .post: endpoint(completion, "Completions") { it in { try await $0.completions($1, $2, with: it) } }
            ],
            "/embeddings": [
                .post: endpoint(embedding, "Embeddings") { it in { try await $0.embeddings($1, $2, with: it) } }
            ],
            "/tokenize": [
                .post: endpoint(tokenizing, "Tokens") { it in { try await $0.tokenize($1, $2, with: it) } }
            ],
            "/detokenize": [
                .post: endpoint(tokenizing, "Tokens") { it in { try await $0.detokenize($1, $2, with: it) } }
            ],
            "/apply-template": [
                .post: endpoint(tokenizing, "Chat templates") { it in { try await $0.applyTemplate($1, $2, with: it) } }
            ],
            "/tokenizer_info": [
                .get: endpoint(tokenizing, "Tokens") { it in { try await $0.tokenizerInfo($1, $2, with: it) } }
            ],
        ]
    }

    /// 501 for what the backend does not conform to.
    static func endpoint<Capability>(
        _ backend: Capability?, _ what: String, _ answer: (Capability) -> Answer
    ) -> Endpoint {
        backend.map { .task(answer($0)) } ?? .notImplemented("\(what) are not supported by this backend.")
    }

    /// The paths that are served, for the documentation to be held against.
    var paths: [String] { table.keys.sorted() }

    // MARK: Deciding

    func decide(_ head: RequestHead) -> ConnectionContext.Decision {
        let path = RoutePath(head.path).text
        if let error = hostCheck?.refusal(of: head) ?? originCheck.refusal(of: head) {
            return refuse(error, as: format(of: path, head))
        }
        if head.method == .options && path == "*" { return .reply(HTTPResponse(.noContent)) }
        if let methods = methods(of: path) { return decide(head, path, methods) }
        switch service.customRoutes.resolve(head.method, path) {
        case .handler(let handler, let parameters): return run(handler, with: parameters, for: head)
        case .otherMethods(let methods): return refuse(head, allowed: methods, as: .customRoute)
        case nil:
            // A page can read why its request fails only after a preflight that succeeds.
            let method = head.fields["Access-Control-Request-Method"] ?? ""
            if let preflight = corsPolicy?.preflight(head, methods: method) { return .reply(preflight) }
            return absent(head, path) ?? refuse(Self.notFound(path), as: .openAI)
        }
    }

    /// What the parser refuses, in the words of the API that the request was for.
    func render(_ error: RequestError, of head: RequestHead?) -> HTTPResponse {
        ErrorRendering.response(error, as: head.map { format(of: RoutePath($0.path).text, $0) } ?? .openAI)
    }

    private func format(of path: String, _ head: RequestHead) -> ErrorFormat {
        if methods(of: path) != nil { return Self.served(path) }
        return AbsentAPI.format(of: head.method, path) ?? .openAI
    }

    /// The words of a path that is served.
    private static func served(_ path: String) -> ErrorFormat { path.hasPrefix("/api/") ? .ollama : .openAI }

    private static func notFound(_ path: String) -> OpenAIError {
        .notFound("There is no \(path.prefix(256)) here. GET /v1/models lists what can be asked for.")
    }

    /// The methods that the API has for a path.
    private func methods(of path: String) -> [HTTPMethod: Endpoint]? { table[path] ?? modelMethods(path) }

    /// The API's route at the paths of `pattern`, for which it takes every method: as `GET /health`. Nil if the pattern
    /// has paths that the API does not.
    func route(at pattern: RoutePattern) -> String? {
        guard let methods = methods(of: pattern.text) else { return nil }
        let names = methods.keys.map(\.rawValue).sorted().joined(separator: ", ")
        return "\(names) \(table[pattern.text] == nil ? "/v1/models/{id}" : pattern.text)"
    }

    private func modelMethods(_ path: String) -> [HTTPMethod: Endpoint]? {
        path.hasPrefix("/v1/models/") || path.hasPrefix("/models/") ? table["/models/"] : nil
    }

    private func decide(
        _ head: RequestHead, _ path: String, _ methods: [HTTPMethod: Endpoint]
    ) -> ConnectionContext.Decision {
        let format = Self.served(path)
        guard let endpoint = methods[head.method == .head ? .get : head.method] else {
            return absent(head, path) ?? refuse(head, allowed: Set(methods.keys), as: format)
        }
        switch endpoint {
        case .immediate(let answer): return .reply(answer(service)())
        case .notImplemented(let message): return refuse(.notImplemented(message), as: format)
        case .task(let answer):
            if let error = originCheck.contentRefusal(of: head, isCustomRoute: false) {
                return refuse(error, as: format)
            }
            if let refusal = ContentCoding.refusal(of: head, as: format) { return .reply(refusal) }
            return run(as: format) { [service] in try await answer(service, $0, $1) }
        }
    }

    /// 501 for what an API has and Martlet does not. A path of two APIs has the envelope of the client's.
    private func absent(_ head: RequestHead, _ path: String) -> ConnectionContext.Decision? {
        guard var format = AbsentAPI.format(of: head.method, path) else { return nil }
        if format == .openAI, head.fields.contains("anthropic-version") { format = .anthropic }
        return refuse(.notImplemented("Martlet does not implement \(head.method) \(path.prefix(256))."), as: format)
    }

    /// What every response to the request carries besides its own fields; nil if there never is anything.
    var commonFields: ((RequestHead) -> HTTPFields)? { corsPolicy.map { policy in { policy.fields(for: $0) } } }

    private func run(
        _ handler: @escaping CustomRoutes.Handler, with parameters: [String: String], for head: RequestHead
    ) -> ConnectionContext.Decision {
        if originCheck.refusesPreflight(head) { return .reply(HTTPResponse(.noContent)) }
        if let error = originCheck.contentRefusal(of: head, isCustomRoute: true) {
            return refuse(error, as: .customRoute)
        }
        return run(as: .customRoute) { request, response in
            var request = request
            request.parameters = parameters
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
    private func refuse(
        _ head: RequestHead, allowed: Set<HTTPMethod>, as format: ErrorFormat
    ) -> ConnectionContext.Decision {
        let allowed = allowed.union(allowed.contains(.get) ? [.head, .options] : [.options])
        let allow = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        if let preflight = corsPolicy?.preflight(head, methods: allow) { return .reply(preflight) }
        if head.method == .options { return .reply(HTTPResponse(.noContent, fields: ["Allow": allow])) }
        let error = OpenAIError.methodNotAllowed("\(head.path) does not take \(head.method). It takes \(allow).")
        return .reply(ErrorRendering.response(error, allow: allow, as: format))
    }

    private func refuse(_ error: OpenAIError, as format: ErrorFormat) -> ConnectionContext.Decision {
        .reply(ErrorRendering.response(error, retryAfter: nil, as: format))
    }

    // MARK: Running

    /// Answers with a task that ends with its client, and with an error response if it throws.
    private func run(
        as format: ErrorFormat,
        _ answer: nonisolated(nonsending) @escaping @Sendable (HTTPRequest, ResponseStream) async throws -> Void
    ) -> ConnectionContext.Decision {
        let service = service
        return .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { request, response in
            response.onInterrupt {
                service.fail(
                    response, with: BackendError.unavailable("The server is stopping."), of: request, as: format)
            }
            let executor: (any TaskExecutor)? = service.runsOnLoop ? response.loop : nil
            response.run(on: executor, counting: service.gauges.tasks) {
                await service.withTimeout(response, of: request, as: format) {
                    do {
                        try await answer(request, response)
                    } catch {
                        service.fail(response, with: error, of: request, as: format)
                    }
                }
            }
        }
    }
}
