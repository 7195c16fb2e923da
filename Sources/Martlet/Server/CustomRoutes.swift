internal import MartletHTTP
internal import MartletUV

/// The routes that an application adds to the API's.
final class CustomRoutes: Sendable {
    typealias Handler = nonisolated(nonsending) @Sendable (HTTPRequest, consuming ResponseWriter) async throws -> Void

    /// What a path resolves to.
    enum Resolution {
        case handler(Handler, parameters: [String: String])
        case otherMethods(Set<HTTPMethod>)
    }

    private struct Route: Sendable {
        let method: HTTPMethod
        let pattern: RoutePattern
        let handler: Handler
    }

    private struct Table: Sendable {
        var literals: [String: [HTTPMethod: Handler]] = [:]
        /// Routes with parameters, in the order in which they are tried.
        var patterns: [Route] = []
    }

    private let table = Locked(Table())

    /// - Throws: `ServerError` if a route for the method and the same paths exists.
    func add(_ method: HTTPMethod, _ pattern: RoutePattern, _ handler: @escaping Handler) throws(ServerError) {
        let existing = table.withLock { table -> RoutePattern? in
            if pattern.isLiteral {
                if table.literals[pattern.text]?[method] != nil { return pattern }
                table.literals[pattern.text, default: [:]][method] = handler
                return nil
            }
            if let same = table.patterns.first(where: { $0.method == method && $0.pattern.shape == pattern.shape }) {
                return same.pattern
            }
            let position = table.patterns.firstIndex { pattern.precedes($0.pattern) } ?? table.patterns.count
            table.patterns.insert(Route(method: method, pattern: pattern, handler: handler), at: position)
            return nil
        }
        guard let existing else { return }
        throw ServerError(
            "\(method) \(pattern.text) cannot be added: there is a route \(method) \(existing.text), for the same paths"
        )
    }

    /// The handler for a path and a method, with literal paths before patterns, or else the methods that the path
    /// takes; nil if no route matches the path. A route for GET also handles HEAD.
    func resolve(_ method: HTTPMethod, _ path: String) -> Resolution? {
        let table = table.withLock { $0 }
        let methods = table.literals[path]
        if let methods, let handler = Self.handler(for: method, among: methods) {
            return .handler(handler, parameters: [:])
        }
        var allowed = Set(methods?.keys.map(\.self) ?? [])
        if !table.patterns.isEmpty {
            let segments = path.split(separator: "/")
            for route in table.patterns {
                guard let parameters = route.pattern.match(segments) else { continue }
                if route.method == method || (method == .head && route.method == .get) {
                    return .handler(route.handler, parameters: parameters)
                }
                allowed.insert(route.method)
            }
        }
        return allowed.isEmpty ? nil : .otherMethods(allowed)
    }

    private static func handler(for method: HTTPMethod, among handlers: [HTTPMethod: Handler]) -> Handler? {
        handlers[method] ?? (method == .head ? handlers[.get] : nil)
    }
}

/// The errors of an application's routes: OpenAI's envelope. A stream is aborted, since only the route knows its
/// frames.
struct CustomRouteErrors: ErrorEnvelope {
    func body(_ error: OpenAIError) -> [UInt8] { OpenAIErrors().body(error) }
    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool { false }
}
