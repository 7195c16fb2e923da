internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// The whole API on one screen, and the decision what becomes of a request, made from its head:
/// path 404, method 405, capability 501, then the body (413, 400) and what the endpoint says.
struct Routes {
    typealias Answer = nonisolated(nonsending) @Sendable (Service, ModelRequest) async throws -> Void

    enum Endpoint {
        /// Answered on the loop from what is there.
        case immediate((Service) -> () -> HTTPResponse)
        /// Answered on the loop from the head and the models there are.
        case read((Service) -> (RequestHead) throws(OpenAIError) -> HTTPResponse)
        /// Answered by a model, in a task.
        case model(ModelEndpoint)
    }

    /// What a model answers.
    struct ModelEndpoint: Sendable {
        /// What a 501 says is not supported.
        let name: String
        /// Whether a backend conforms to what the endpoint needs.
        let isOffered: @Sendable (ServedBackend) -> Bool
        /// Finds the model that a body asks for.
        let resolve: @Sendable (JSONObject, ModelRegistry.Models) throws(OpenAIError) -> ServedModel
        let answer: Answer
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
        for (path, methods) in Self.ollama { table[path] = methods }
        // With `/v1`, as OpenAI has it, and without, as careless base URLs have it.
        for (path, methods) in Self.openAI {
            table[path] = methods
            table["/v1\(path)"] = methods
        }
        self.table = table
    }

    private static var openAI: [String: [HTTPMethod: Endpoint]] {
        [
            "/models": [.get: .read(Service.listModels)],
            // And all below it.
            "/models/": [.get: .read(Service.retrieveModel)],
            "/chat/completions": [
                .post: endpoint("Chat completions", { $0.chat != nil }, { try await $0.chatCompletions($1) })
            ],
            "/completions": [
                .post: endpoint("Completions", { $0.completion != nil }, { try await $0.completions($1) })
            ],
            "/embeddings": [.post: endpoint("Embeddings", { $0.embedding != nil }, { try await $0.embeddings($1) })],
            "/tokenize": [.post: endpoint("Tokens", { $0.tokenizing != nil }, { try await $0.tokenize($1) })],
            "/detokenize": [.post: endpoint("Tokens", { $0.tokenizing != nil }, { try await $0.detokenize($1) })],
            "/apply-template": [
                .post: endpoint("Chat templates", { $0.tokenizing != nil }, { try await $0.applyTemplate($1) })
            ],
            "/tokenizer_info": [
                .get: endpoint("Tokens", { $0.tokenizing != nil }, { try await $0.tokenizerInfo($1) })
            ],
        ]
    }

    private static func endpoint(
        _ name: String, _ isOffered: @escaping @Sendable (ServedBackend) -> Bool, _ answer: @escaping Answer
    ) -> Endpoint {
        .model(
            ModelEndpoint(
                name: name, isOffered: isOffered,
                resolve: { body, models throws(OpenAIError) in try models.resolve(RequestBody.model(of: body)) },
                answer: answer))
    }

    /// The paths that are served, for the documentation to be held against.
    var paths: [String] { table.keys.sorted() }

    // MARK: Deciding

    func decide(_ head: RequestHead) -> ConnectionContext.Decision {
        let path = RoutePath(head.path).text
        if let error = hostCheck?.refusal(of: head) ?? originCheck.refusal(of: head) {
            return refuse(error, as: format(of: path, head))
        }
        if head.method == .options && path == "*" { return .respond(HTTPResponse(.noContent)) }
        if let methods = methods(of: path) { return decide(head, path, methods) }
        switch service.customRoutes.resolve(head.method, path) {
        case .handler(let handler, let parameters): return run(handler, with: parameters, for: head)
        case .otherMethods(let methods): return refuse(head, allowed: methods, as: .customRoute)
        case nil:
            // A page can read why its request fails only after a preflight that succeeds.
            let method = head.fields["Access-Control-Request-Method"] ?? ""
            if let preflight = corsPolicy?.preflight(head, methods: method) { return .respond(preflight) }
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
        case .immediate(let answer):
            return .respond(answer(service)())
        case .read(let answer):
            if let refusal = ContentCoding.refusal(of: head, as: format) { return .respond(refusal) }
            do throws(OpenAIError) {
                return .respond(try answer(service)(head).timed())
            } catch {
                return .respond(ErrorRendering.response(error, as: format).timed())
            }
        case .model(let endpoint):
            if !service.registry.models.offers(endpoint.isOffered) {
                return refuse(.notImplemented("\(endpoint.name) are not supported by this backend."), as: format)
            }
            if let error = originCheck.contentRefusal(of: head, isCustomRoute: false) {
                return refuse(error, as: format)
            }
            if let refusal = ContentCoding.refusal(of: head, as: format) { return .respond(refusal) }
            return run(endpoint, as: format)
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
        if originCheck.refusesPreflight(head) { return .respond(HTTPResponse(.noContent)) }
        if let error = originCheck.contentRefusal(of: head, isCustomRoute: true) {
            return refuse(error, as: .customRoute)
        }
        let service = service
        return .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { request, response in
            let executor: (any TaskExecutor)? =
                service.registry.models.backends.allSatisfy(\.runsOnLoop) ? response.loop : nil
            var request = request
            request.parameters = parameters
            Self.start(service, request, response, on: executor, as: .customRoute) { [request] in
                try await handler(request, ResponseWriter(response))
                // For a handler that has not answered, or not ended its stream.
                if response.isPrepared {
                    response.finish()
                } else {
                    response.send(ErrorRendering.response(OpenAIError.serverError("The route did not answer.")))
                }
            }
        }
    }

    /// 405 with `Allow`, or the answer to OPTIONS, which asks for just that.
    private func refuse(
        _ head: RequestHead, allowed: Set<HTTPMethod>, as format: ErrorFormat
    ) -> ConnectionContext.Decision {
        let allowed = allowed.union(allowed.contains(.get) ? [.head, .options] : [.options])
        let allow = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        if let preflight = corsPolicy?.preflight(head, methods: allow) { return .respond(preflight) }
        if head.method == .options { return .respond(HTTPResponse(.noContent, fields: ["Allow": allow])) }
        let error = OpenAIError.methodNotAllowed("\(head.path) does not take \(head.method). It takes \(allow).")
        return .respond(ErrorRendering.response(error, allow: allow, as: format))
    }

    private func refuse(_ error: OpenAIError, as format: ErrorFormat) -> ConnectionContext.Decision {
        .respond(ErrorRendering.response(error, retryAfter: nil, as: format))
    }

    // MARK: Running

    /// Has a model answer. A small body is parsed on the loop, so that the request's task begins where the model's
    /// backend runs; a large one is parsed on the global pool.
    private func run(_ endpoint: ModelEndpoint, as format: ErrorFormat) -> ConnectionContext.Decision {
        let service = service
        return .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { http, response in
            if http.body.count > MemoryBudget.free {
                return Self.start(service, http, response, on: nil, as: format) {
                    let request = try Self.resolve(endpoint, service, http, response)
                    guard request.model.host.runsOnLoop else { return try await endpoint.answer(service, request) }
                    try await withTaskExecutorPreference(response.loop) {
                        try await endpoint.answer(service, request)
                    }
                }
            }
            do {
                let request = try Self.resolve(endpoint, service, http, response)
                let executor: (any TaskExecutor)? = request.model.host.runsOnLoop ? response.loop : nil
                Self.start(service, http, response, on: executor, as: format) {
                    try await endpoint.answer(service, request)
                }
            } catch {
                service.fail(response, with: error, of: http, as: format)
            }
        }
    }

    /// The body as JSON, and the model that it asks for. A request for which no body is read may name one in its query.
    private static func resolve(
        _ endpoint: ModelEndpoint, _ service: Service, _ http: HTTPRequest, _ response: ResponseBuffer
    ) throws -> ModelRequest {
        let models = service.registry.models
        guard http.method == .post else {
            return ModelRequest(
                http: http, response: response, body: [:], model: try models.resolve(http.query["model"]),
                isLarge: false)
        }
        let isLarge = http.body.count > MemoryBudget.free
        let body = try service.parse(http, response)
        let request = ModelRequest(
            http: http, response: response, body: body, model: try endpoint.resolve(body, models), isLarge: isLarge)
        service.dropBody(of: request)
        return request
    }

    /// Answers with a task that ends with its client, and with an error response if it throws.
    private static func start(
        _ service: Service, _ request: HTTPRequest, _ response: ResponseBuffer, on executor: (any TaskExecutor)?,
        as format: ErrorFormat, _ answer: nonisolated(nonsending) @escaping @Sendable () async throws -> Void
    ) {
        let onInterrupt = { @Sendable in
            service.fail(
                response, with: BackendError.unavailable("The server is stopping."), of: request, as: format)
        }
        RequestTask.start(for: response, on: executor, counting: service.gauges.tasks, onInterrupt: onInterrupt) {
            await service.withTimeout(response, of: request, as: format) {
                do {
                    try await answer()
                } catch {
                    service.fail(response, with: error, of: request, as: format)
                }
            }
        }
    }
}

extension HTTPResponse {
    /// The response of an endpoint of an API, which says how long it took, where that is no time.
    fileprivate func timed() -> HTTPResponse {
        var response = self
        response.head.fields = ["openai-processing-ms": "0"]
        for field in head.fields { response.head.fields.append(field.name, field.value) }
        return response
    }
}
