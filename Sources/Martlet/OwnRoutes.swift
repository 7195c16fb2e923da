internal import MartletHTTP
internal import MartletUV

/// The routes that an application adds to the API's.
final class OwnRoutes: Sendable {
    typealias Handler = nonisolated(nonsending) @Sendable (HTTPRequest, consuming ResponseWriter) async throws -> Void

    private let handlers = Locked<[String: [HTTPMethod: Handler]]>([:])

    func add(_ method: HTTPMethod, _ path: String, _ handler: @escaping Handler) {
        handlers.withLock { $0[path, default: [:]][method] = handler }
    }

    /// The handlers of a path by method; nil if there are none.
    func handlers(of path: String) -> [HTTPMethod: Handler]? {
        handlers.withLock { $0[path] }
    }
}
