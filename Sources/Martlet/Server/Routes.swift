internal import MartletHTTP
internal import MartletOpenAI

/// Decides from a request's head how it is handled: path 404, method 405, gates, capability 501; the body (413, 400) and
/// the endpoint come later. One instance per loop.
struct Routes {
    typealias Decision = ConnectionContext.Decision

    private let service: Service
    private let customRoutes: CustomRoutes
    private let tasks: Gauge
    private let table: EndpointTable
    private let hostCheck: HostCheck?
    private let originCheck: OriginCheck
    private let corsPolicy: CORSPolicy?
    /// Nil if no request needs a credential.
    private let authentication: Authentication?

    /// - Parameters:
    ///   - audience: Operators have the status routes and those of the application that are for them.
    ///   - dialects: The APIs for clients.
    init(_ service: Service, for audience: RouteAudience = .clients, dialects: [APIDialect] = APIDialect.all) {
        let configuration = service.configuration
        let isForClients = audience == .clients
        self.service = service
        customRoutes = service.customRoutes.routes(
            for: audience, operatorsHaveAddresses: !configuration.adminListen.isEmpty)
        tasks = isForClients ? service.gauges.tasks : service.gauges.operatorTasks
        // A route for all paths, such as a gateway's, may retrieve what this server does not store.
        let leavesStored =
            service.replies == nil && customRoutes.resolve(.get, StoredResponses.example) != nil
        table = EndpointTable(
            !isForClients ? [] : leavesStored ? dialects.map(\.withoutStoredResponses) : dialects)
        hostCheck = HostCheck(configuration, at: isForClients ? configuration.listen : configuration.adminListen)
        originCheck = OriginCheck(allowed: service.allowedOrigins)
        corsPolicy = CORSPolicy(service.allowedOrigins)
        authentication = service.authenticator.map(Authentication.init)
    }

    /// The fields that every response has in addition to its own; nil if there are none.
    var commonFields: ((RequestHead) -> HTTPFields)? { corsPolicy.map { policy in { policy.fields(for: $0) } } }

    /// A refusal of the parser, in the envelope of the API that the request was for.
    func render(_ error: RequestError, of head: RequestHead?) -> HTTPResponse {
        ErrorRendering.response(
            error, as: head.map { table.errors(at: RoutePath($0.path).text, $0) } ?? OpenAIErrors())
    }

    // MARK: Deciding

    func decide(_ head: RequestHead, from clientAddress: String? = nil) -> Decision {
        let path = RoutePath(head.path).text
        if let error = hostCheck?.refusal(of: head) ?? originCheck.refusal(of: head) {
            return refuse(error, as: table.errors(at: path, head))
        }
        if head.method == .options && path == "*" { return .respond(HTTPResponse(.noContent)) }
        if let entry = table.entry(at: path, for: head) {
            var decision = decide(head, path, entry, clientAddress)
            decision.route = entry.route
            decision.requestIDField = entry.dialect.errors.requestIDField
            return decision
        }
        switch customRoutes.resolve(head.method, path) {
        case .handler(let pattern, let route, let parameters):
            var decision = decide(head, pattern, route, parameters, clientAddress)
            decision.route = pattern
            return decision
        case .otherMethods(let methods):
            return refuse(head, allowed: methods, as: CustomRouteErrors())
        case nil:
            // A page can read the error only if its preflight succeeded.
            let method = head.fields["Access-Control-Request-Method"] ?? ""
            if let preflight = corsPolicy?.preflight(head, methods: method) { return .respond(preflight) }
            return absent(head, path, clientAddress)
                ?? refuse(
                    .notFound("There is no \(path.prefix(256)) here. GET /v1/models lists what can be asked for."),
                    as: table.errors(at: path, head))
        }
    }

    /// A request for an endpoint of an API.
    private func decide(
        _ head: RequestHead, _ path: String, _ entry: EndpointTable.Entry, _ clientAddress: String?
    ) -> Decision {
        let errors = entry.dialect.errors
        guard let endpoint = entry.methods[head.method == .head ? .get : head.method] else {
            return absent(head, path, clientAddress) ?? refuse(head, allowed: Set(entry.methods.keys), as: errors)
        }
        let requirement = endpoint.requirement
        return pass(head, clientAddress, entry.route, requires: requirement, as: errors) { sender in
            let run = RequestRun(
                service, route: entry.route, requires: requirement, from: sender, errors: errors, counting: tasks)
            switch endpoint {
            case .immediate(_, let answer):
                if !run.requiresTask { return .respond(answer(service)) }
                return run.decision { service, _, _ throws(OpenAIError) in answer(service) }
            case .read(let answer):
                if let error = ContentCoding.refusal(of: head) {
                    return refuse(error, fields: ContentCoding.acceptField, as: errors)
                }
                if run.requiresTask { return run.decision(answer) }
                do throws(OpenAIError) {
                    return .respond(try answer(service, head, sender.principal), isTimed: true)
                } catch {
                    var decision = refuse(error, as: errors)
                    decision.isTimed = true
                    return decision
                }
            case .task(_, let answer):
                let error = originCheck.contentRefusal(of: head, isCustomRoute: false)
                if let error { return refuse(error, as: errors) }
                return run.decision(answer)
            case .model(let endpoint):
                if !service.registry.models.offers(endpoint.isOffered) {
                    return refuse(.notImplemented("\(endpoint.name) are not supported by this backend."), as: errors)
                }
                if let error = originCheck.contentRefusal(of: head, isCustomRoute: false) {
                    return refuse(error, as: errors)
                }
                if let error = ContentCoding.refusal(of: head) {
                    return refuse(error, fields: ContentCoding.acceptField, as: errors)
                }
                return run.decision(endpoint)
            }
        }
    }

    /// A request for a route of the application.
    private func decide(
        _ head: RequestHead, _ pattern: String, _ route: CustomRoutes.Route, _ parameters: [String: String],
        _ clientAddress: String?
    ) -> Decision {
        if originCheck.refusesPreflight(head) { return .respond(HTTPResponse(.noContent)) }
        return pass(head, clientAddress, pattern, requires: route.requirement, as: CustomRouteErrors()) { sender in
            if let error = originCheck.contentRefusal(of: head, isCustomRoute: true) {
                return refuse(error, as: CustomRouteErrors())
            }
            let run = RequestRun(
                service, route: pattern, requires: route.requirement, from: sender, errors: CustomRouteErrors(),
                counting: tasks)
            return run.decision(route.handler, parameters)
        }
    }

    /// 501 for what an API has and Martlet does not.
    private func absent(_ head: RequestHead, _ path: String, _ clientAddress: String?) -> Decision? {
        guard let dialect = table.absentDialect(head, path) else { return nil }
        return pass(head, clientAddress, nil, requires: .principal, as: dialect.errors) { _ in
            refuse(
                .notImplemented("Martlet does not implement \(head.method) \(path.prefix(256))."), as: dialect.errors)
        }
    }

    /// Lets the request through authentication, the gates and the limits of the principal that they have found, then
    /// decides.
    private func pass(
        _ head: RequestHead, _ clientAddress: String?, _ route: String?, requires requirement: RouteRequirement,
        as errors: any ErrorEnvelope, _ decide: (RequestRun.Sender) -> Decision
    ) -> Decision {
        if authentication == nil && service.gates.isEmpty { return decide(RequestRun.Sender()) }
        var request = GateRequest(head: head, clientAddress: clientAddress, route: route)
        if let authentication, requirement.needsPrincipal {
            do throws(OpenAIError) {
                request.principal = try authentication.principal(of: head)
            } catch {
                return refuse(error, as: errors)
            }
        }
        if let refusal = request.principal.flatMap(requirement.refusal) {
            return decided(refuse(refusal, as: errors), for: request.principal)
        }
        for gate in service.gates {
            switch gate(request).kind {
            case .pass: break
            case .principal(let principal):
                request.principal = principal
                if let refusal = requirement.refusal(of: principal) {
                    return decided(refuse(refusal, as: errors), for: principal)
                }
            case .respond(let response): return decided(.respond(response), for: request.principal)
            case .refuse(let error, let retryAfter):
                let retry = retryAfter.map { RetryDelay(seconds: $0) }
                return decided(refuse(error, retry: retry, as: errors), for: request.principal)
            }
        }
        guard let principal = request.principal, let limits = principal.limits, requirement.isLimited else {
            return decided(decide(RequestRun.Sender(principal: request.principal)), for: request.principal)
        }
        do throws(LimitRefusal) {
            let lease = try service.limiter.begin(principal, limits)
            let sender = RequestRun.Sender(principal: principal, lease: lease)
            return decided(decide(sender), for: principal, lease)
        } catch {
            return decided(refuse(error.error, retry: RetryDelay(error.wait), as: errors), for: principal)
        }
    }

    private func decided(_ decision: Decision, for principal: Principal?, _ lease: RequestLease? = nil) -> Decision {
        var decision = decision
        decision.principal = principal?.storage
        guard let principal, let limits = principal.limits else { return decision }
        decision.companion = ExchangeCompanion(
            fields: { [limiter = service.limiter] in limiter.fields(of: principal, limits) },
            onEnd: { lease?.end() })
        return decision
    }

    // MARK: Refusing

    /// 405 with `Allow`, or for OPTIONS a 204 with it.
    private func refuse(
        _ head: RequestHead, allowed: Set<HTTPMethod>, as errors: any ErrorEnvelope
    ) -> Decision {
        let allowed = allowed.union(allowed.contains(.get) ? [.head, .options] : [.options])
        let allow = allowed.map(\.rawValue).sorted().joined(separator: ", ")
        if let preflight = corsPolicy?.preflight(head, methods: allow) { return .respond(preflight) }
        if head.method == .options { return .respond(HTTPResponse(.noContent, fields: ["Allow": allow])) }
        return refuse(
            .methodNotAllowed("\(head.path) does not take \(head.method). It takes \(allow)."), allow: allow, as: errors
        )
    }

    private func refuse(
        _ error: OpenAIError, retry: RetryDelay? = nil, allow: String? = nil, fields: HTTPFields = HTTPFields(),
        as errors: any ErrorEnvelope
    ) -> Decision {
        var response = ErrorRendering.response(error, retry: retry, allow: allow, as: errors)
        for (name, value) in fields { response.head.fields.append(name, value) }
        var decision = Decision.respond(response)
        decision.requestIDField = errors.requestIDField
        if service.isObserved { decision.attachment = RequestFacts(RequestFacts.Values(error: error)) }
        return decision
    }
}
