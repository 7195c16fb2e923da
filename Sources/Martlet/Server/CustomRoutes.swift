internal import MartletHTTP

/// The routes that an application adds to the API's.
struct CustomRoutes: Sendable {
    typealias Handler =
        nonisolated(nonsending) @Sendable (HTTPRequest, consuming ResponseWriter, RunningServer, Principal?)
        async throws
        -> Void

    /// What a path resolves to.
    enum Resolution {
        case handler(route: String, Route, parameters: [String: String])
        case otherMethods(Set<HTTPMethod>)
    }

    struct Route: Sendable {
        fileprivate let method: HTTPMethod
        fileprivate let pattern: RoutePattern
        let requirement: RouteRequirement
        fileprivate let audience: RouteAudience
        let handler: Handler
    }

    private var literals: [String: [HTTPMethod: Route]] = [:]
    /// Routes with parameters, in the order in which they are tried.
    private var patterns: [Route] = []

    /// - Throws: `ServerError` if a route for the method and the same paths exists.
    mutating func add(
        _ method: HTTPMethod, _ pattern: RoutePattern, requires requirement: RouteRequirement,
        for audience: RouteAudience, _ handler: @escaping Handler
    ) throws(ServerError) {
        if let existing = existing(method, pattern) {
            let reason = "there is a route \(method) \(existing.text), for the same paths"
            throw ServerError("\(method) \(pattern.text) cannot be added: \(reason)")
        }
        let route = Route(
            method: method, pattern: pattern, requirement: requirement, audience: audience, handler: handler)
        if pattern.isLiteral {
            literals[pattern.text, default: [:]][method] = route
        } else {
            let position = patterns.firstIndex { pattern.precedes($0.pattern) } ?? patterns.count
            patterns.insert(route, at: position)
        }
    }

    /// The routes at the addresses of one audience. Without addresses of their own, operators use those of the clients.
    func routes(for audience: RouteAudience, operatorsHaveAddresses: Bool) -> CustomRoutes {
        if !operatorsHaveAddresses { return self }
        var routes = self
        routes.literals = literals.mapValues { $0.filter { $0.value.audience == audience } }.filter {
            !$0.value.isEmpty
        }
        routes.patterns = patterns.filter { $0.audience == audience }
        return routes
    }

    private func existing(_ method: HTTPMethod, _ pattern: RoutePattern) -> RoutePattern? {
        if pattern.isLiteral { return literals[pattern.text]?[method].map { _ in pattern } }
        return patterns.first { $0.method == method && $0.pattern.shape == pattern.shape }?.pattern
    }

    /// The handler for a path and a method, with literal paths before patterns, or else the methods that the path
    /// takes; nil if no route matches the path. A route for GET also handles HEAD.
    func resolve(_ method: HTTPMethod, _ path: String) -> Resolution? {
        let methods = literals[path]
        if let methods, let route = Self.route(for: method, among: methods) {
            return .handler(route: path, route, parameters: [:])
        }
        var allowed = Set(methods?.keys.map(\.self) ?? [])
        if !patterns.isEmpty {
            let segments = path.split(separator: "/")
            for route in patterns {
                guard let parameters = route.pattern.match(segments) else { continue }
                if route.method == method || (method == .head && route.method == .get) {
                    return .handler(route: route.pattern.text, route, parameters: parameters)
                }
                allowed.insert(route.method)
            }
        }
        return allowed.isEmpty ? nil : .otherMethods(allowed)
    }

    private static func route(for method: HTTPMethod, among routes: [HTTPMethod: Route]) -> Route? {
        routes[method] ?? (method == .head ? routes[.get] : nil)
    }
}

/// The errors of an application's routes: OpenAI's envelope. A stream is aborted, since only the route knows its
/// frames.
struct CustomRouteErrors: ErrorEnvelope {
    func body(_ error: OpenAIError) -> [UInt8] { OpenAIErrors().body(error) }
    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool { false }
}
