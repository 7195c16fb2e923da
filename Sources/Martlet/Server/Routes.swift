internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// Decides from a request's head how it is handled: path 404, method 405, capability 501; the body (413, 400) and the
/// endpoint come later.
struct Routes {
    /// The endpoints of one API at a path, by method. A class, so that finding one for a request copies nothing.
    private final class Entry {
        let dialect: APIDialect
        let methods: [HTTPMethod: Endpoint]

        init(_ dialect: APIDialect, _ methods: [HTTPMethod: Endpoint]) {
            self.dialect = dialect
            self.methods = methods
        }
    }

    private let service: Service
    private let hostCheck: HostCheck?
    private let originCheck: OriginCheck
    private let corsPolicy: CORSPolicy?
    private let dialects: [APIDialect]
    private let table: [String: [Entry]]
    /// The paths of `table` that match everything below them.
    private let prefixes: [String]

    init(_ service: Service, dialects: [APIDialect] = APIDialect.all) {
        self.service = service
        self.dialects = dialects
        hostCheck = HostCheck(service.configuration)
        originCheck = OriginCheck(allowed: service.allowedOrigins)
        corsPolicy = CORSPolicy(service.allowedOrigins)
        var table: [String: [Entry]] = [:]
        for dialect in [.status] + dialects {
            for (path, methods) in dialect.endpoints {
                table[path, default: []].append(Entry(dialect, methods))
            }
        }
        self.table = table
        prefixes = table.keys.filter { $0.utf8.count > 1 && $0.hasSuffix("/") }
    }

    /// The paths that are served, which the documentation is compared with.
    var paths: [String] { table.keys.sorted() }

    // MARK: Deciding

    func decide(_ head: RequestHead) -> ConnectionContext.Decision {
        let path = RoutePath(head.path).text
        if let error = hostCheck?.refusal(of: head) ?? originCheck.refusal(of: head) {
            return refuse(error, as: errors(of: path, head))
        }
        if head.method == .options && path == "*" { return .respond(HTTPResponse(.noContent)) }
        if let entry = entry(at: path, for: head) { return decide(head, path, entry) }
        switch service.customRoutes.resolve(head.method, path) {
        case .handler(let handler, let parameters): return run(handler, with: parameters, for: head)
        case .otherMethods(let methods): return refuse(head, allowed: methods, as: CustomRouteErrors())
        case nil:
            // A page can read the error only if its preflight succeeded.
            let method = head.fields["Access-Control-Request-Method"] ?? ""
            if let preflight = corsPolicy?.preflight(head, methods: method) { return .respond(preflight) }
            return absent(head, path) ?? refuse(Self.notFound(path), as: errors(of: path, head))
        }
    }

    /// A refusal of the parser, in the envelope of the API that the request was for.
    func render(_ error: RequestError, of head: RequestHead?) -> HTTPResponse {
        ErrorRendering.response(error, as: head.map { errors(of: RoutePath($0.path).text, $0) } ?? OpenAIErrors())
    }

    /// The envelope of the API that defines the path, implemented or not; the first API's for an unknown path.
    private func errors(of path: String, _ head: RequestHead) -> any ErrorEnvelope {
        if let entry = entry(at: path, for: head) { return entry.dialect.errors }
        return (absentDialect(head, path) ?? dialects.first)?.errors ?? OpenAIErrors()
    }

    private static func notFound(_ path: String) -> OpenAIError {
        .notFound("There is no \(path.prefix(256)) here. GET /v1/models lists what can be asked for.")
    }

    /// The entry for a path. If several APIs have the path, the head selects one.
    private func entry(at path: String, for head: RequestHead) -> Entry? {
        let entries = entries(at: path)
        if entries.count < 2 { return entries.first }
        return entries.first { $0.dialect.claims(head) } ?? entries.first
    }

    private func entries(at path: String) -> [Entry] {
        if let entries = table[path] { return entries }
        return prefixes.first { path.hasPrefix($0) }.flatMap { table[$0] } ?? []
    }

    /// The API route that shadows `pattern`, such as `GET /health`; nil if none does.
    func route(at pattern: RoutePattern) -> String? {
        guard let entry = entries(at: pattern.text).first else { return nil }
        let names = entry.methods.keys.map(\.rawValue).sorted().joined(separator: ", ")
        let path = table[pattern.text] != nil ? pattern.text : prefixes.first { pattern.text.hasPrefix($0) }
        return "\(names) \(path.map { $0.utf8.count > 1 && $0.hasSuffix("/") ? "\($0){id}" : $0 } ?? "")"
    }

    private func decide(_ head: RequestHead, _ path: String, _ entry: Entry) -> ConnectionContext.Decision {
        var errors: any ErrorEnvelope { entry.dialect.errors }
        guard let endpoint = entry.methods[head.method == .head ? .get : head.method] else {
            return absent(head, path) ?? refuse(head, allowed: Set(entry.methods.keys), as: errors)
        }
        switch endpoint {
        case .immediate(let answer):
            return .respond(answer(service))
        case .read(let answer):
            if let refusal = ContentCoding.refusal(of: head, as: errors) { return .respond(refusal) }
            do throws(OpenAIError) {
                return .respond(try answer(service, head), isTimed: true)
            } catch {
                return .respond(ErrorRendering.response(error, as: errors), isTimed: true)
            }
        case .model(let endpoint):
            if !service.registry.models.offers(endpoint.isOffered) {
                return refuse(.notImplemented("\(endpoint.name) are not supported by this backend."), as: errors)
            }
            if let error = originCheck.contentRefusal(of: head, isCustomRoute: false) {
                return refuse(error, as: errors)
            }
            if let refusal = ContentCoding.refusal(of: head, as: errors) { return .respond(refusal) }
            return run(endpoint, as: errors)
        }
    }

    /// 501 for what an API has and Martlet does not.
    private func absent(_ head: RequestHead, _ path: String) -> ConnectionContext.Decision? {
        guard let dialect = absentDialect(head, path) else { return nil }
        return refuse(
            .notImplemented("Martlet does not implement \(head.method) \(path.prefix(256))."), as: dialect.errors)
    }

    /// The API that defines a path that is absent here. Where the first API does, the head may select another.
    private func absentDialect(_ head: RequestHead, _ path: String) -> APIDialect? {
        guard let place = dialects.firstIndex(where: { $0.isAbsent(head.method, path) }) else { return nil }
        let claimant = place == 0 ? dialects.dropFirst().first { $0.claims(head) } : nil
        return claimant ?? dialects[place]
    }

    /// The fields that every response has in addition to its own; nil if there are none.
    var commonFields: ((RequestHead) -> HTTPFields)? { corsPolicy.map { policy in { policy.fields(for: $0) } } }

    private func run(
        _ handler: @escaping CustomRoutes.Handler, with parameters: [String: String], for head: RequestHead
    ) -> ConnectionContext.Decision {
        if originCheck.refusesPreflight(head) { return .respond(HTTPResponse(.noContent)) }
        if let error = originCheck.contentRefusal(of: head, isCustomRoute: true) {
            return refuse(error, as: CustomRouteErrors())
        }
        let service = service
        return .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { request, response in
            let executor: (any TaskExecutor)? =
                service.registry.models.backends.allSatisfy(\.runsOnLoop) ? response.loop : nil
            var request = request
            request.parameters = parameters
            Self.start(service, request, response, on: executor, as: CustomRouteErrors()) { [request] in
                try await handler(request, ResponseWriter(response))
                // The handler has not responded, or has not ended its stream.
                if response.isPrepared {
                    response.finish()
                } else {
                    response.send(ErrorRendering.response(OpenAIError.serverError("The route did not answer.")))
                }
            }
        }
    }

    /// 405 with `Allow`, or for OPTIONS a 204 with it.
    private func refuse(
        _ head: RequestHead, allowed: Set<HTTPMethod>, as errors: any ErrorEnvelope
    ) -> ConnectionContext.Decision {
        let allowed = allowed.union(allowed.contains(.get) ? [.head, .options] : [.options])
        let allow = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        if let preflight = corsPolicy?.preflight(head, methods: allow) { return .respond(preflight) }
        if head.method == .options { return .respond(HTTPResponse(.noContent, fields: ["Allow": allow])) }
        let error = OpenAIError.methodNotAllowed("\(head.path) does not take \(head.method). It takes \(allow).")
        return .respond(ErrorRendering.response(error, allow: allow, as: errors))
    }

    private func refuse(_ error: OpenAIError, as errors: any ErrorEnvelope) -> ConnectionContext.Decision {
        .respond(ErrorRendering.response(error, retryAfter: nil, as: errors))
    }

    // MARK: Running

    /// Runs an endpoint that a model answers. A small body is parsed on the loop, so that the request's task starts
    /// where the model's backend runs; a large one is parsed on the global pool.
    private func run(_ endpoint: ModelEndpoint, as errors: any ErrorEnvelope) -> ConnectionContext.Decision {
        let service = service
        return .handle(maximumBodyBytes: service.configuration.limits.maximumBodyBytes) { http, response in
            if http.body.count > MemoryBudget.free {
                return Self.start(service, http, response, on: nil, as: errors) {
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
                Self.start(service, http, response, on: executor, as: errors) {
                    try await endpoint.answer(service, request)
                }
            } catch {
                service.fail(response, with: error, of: http, as: errors)
            }
        }
    }

    /// Parses the body and resolves the model that it names. A request without a body may name one in its query.
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

    /// Starts the request's task, which is cancelled when the client leaves. An error that it throws becomes the
    /// response.
    private static func start(
        _ service: Service, _ request: HTTPRequest, _ response: ResponseBuffer, on executor: (any TaskExecutor)?,
        as errors: any ErrorEnvelope, _ answer: nonisolated(nonsending) @escaping @Sendable () async throws -> Void
    ) {
        let onInterrupt = { @Sendable in
            service.fail(
                response, with: BackendError.unavailable("The server is stopping."), of: request, as: errors)
        }
        RequestTask.start(for: response, on: executor, counting: service.gauges.tasks, onInterrupt: onInterrupt) {
            await service.withTimeout(response, of: request, as: errors) {
                do {
                    try await answer()
                } catch {
                    service.fail(response, with: error, of: request, as: errors)
                }
            }
        }
    }
}
