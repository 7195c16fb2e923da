internal import MartletHTTP

/// A request in middleware. Its body is complete; its model is not resolved yet.
public struct MiddlewareRequest: Sendable {
    /// The request with its body.
    public let http: HTTPRequest
    /// The pattern of the route, such as `/v1/chat/completions`.
    public let route: String
    /// The request's id, principal and logger, and the fields to add to its response.
    public let context: RequestContext
    /// Attaches a value to the request's record. Returns false if the client has left: the record may not have it.
    package let attach: @Sendable (any Sendable) -> Bool
}

/// How a request ended, for middleware.
public struct RequestOutcome: Sendable {
    /// The status of the response; nil if the client left before there was one.
    public let status: HTTPStatus?
    /// Whether the client left before the response was complete.
    public let hasClientLeft: Bool
    /// The error that the client got, if there was one.
    public let error: OpenAIError?
    /// The id of the model that the request named; nil for a request without one.
    public let model: String?
    /// The generation; nil for a request that did not get as far.
    public let generation: GenerationFacts?
}

/// The rest of a request's way: the next middleware, and after the last one the route.
public struct Next: Sendable {
    let principal: Principal?
    let proceed: @Sendable (_ principal: Principal?) async throws -> RequestOutcome

    /// Continues with the request, and returns when its response is complete. Call it once; a request whose middleware
    /// does not is answered with the error that the middleware throws.
    ///
    /// - Parameter principal: Who sent the request, if this middleware has found out. It gets 403 for a route that needs a
    ///   permission which it does not have.
    /// - Throws: What middleware behind this one throws, and a 500 for a second call. An error of the route is part of
    ///   the outcome.
    @discardableResult
    public nonisolated(nonsending) func callAsFunction(principal: Principal? = nil) async throws -> RequestOutcome {
        try await proceed(principal ?? self.principal)
    }
}

/// Middleware with the routes that it covers.
struct Middleware: Sendable {
    typealias Body = nonisolated(nonsending) @Sendable (MiddlewareRequest, Next) async throws -> Void

    /// A route, or a path above routes, without a slash at its end; empty for all routes.
    let path: String
    /// Whether the requests that it covers need a task: static responses then get one.
    let requiresTask: Bool
    let body: Body

    init(at path: String, requiresTask: Bool = true, _ body: @escaping Body) {
        self.requiresTask = requiresTask
        let text = RoutePath(path).text
        self.path = text == "/" ? "" : text
        self.body = body
    }

    func covers(_ route: String) -> Bool {
        guard route.hasPrefix(path) else { return false }
        let rest = route.dropFirst(path.count)
        return rest.isEmpty || path.isEmpty || rest.hasPrefix("/")
    }
}
