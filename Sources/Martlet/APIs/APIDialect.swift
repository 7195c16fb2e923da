internal import MartletHTTP

/// An API that clients speak: its endpoints, its error envelope, and the parts of it that are absent here.
///
/// Chosen once per request: by the path, or by the head where several APIs have the path.
struct APIDialect: Sendable {
    /// What documents call the API.
    let name: String
    /// The endpoints by path, as `RoutePath` writes paths. A path that ends in `/` is for all below it.
    let endpoints: [String: [HTTPMethod: Endpoint]]
    /// How errors are sent.
    let errors: any ErrorEnvelope
    /// What the API has and Martlet does not.
    var absent: [AbsentPart] = []
    /// What `/` answers on the port on which clients look for the API, if they do.
    var banner: (port: Int, text: String)?
    /// Whether the head says that its client speaks this API.
    var claims: @Sendable (RequestHead) -> Bool = { _ in false }

    /// Whether the API has `path` for `method`, and Martlet has not.
    func isAbsent(_ method: HTTPMethod, _ path: String) -> Bool { absent.contains { $0.covers(path, method) } }
}

/// How an API sends errors.
protocol ErrorEnvelope: Sendable {
    /// The content of a response.
    func body(_ error: OpenAIError) -> [UInt8]

    /// Appends the last frames of a stream that the error ends. Returns false where streams have no such frames: then
    /// the stream breaks off, so that the client sees that its end is missing.
    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool
}

/// A part of an API that Martlet does not have: an honest 501 in the envelope of the API, since a 404 would say that the
/// path is wrong, and a 405 that another method does it.
struct AbsentPart: Sendable {
    enum Scope: Sendable {
        case exactly, below, andBelow
    }

    /// Without the prefix.
    let path: String
    /// What clients may write before the path, as `/v1`.
    let prefix: String
    let scope: Scope
    /// Nil: all.
    let methods: Set<HTTPMethod>?

    init(_ path: String, prefix: String = "", _ scope: Scope = .andBelow, methods: Set<HTTPMethod>? = nil) {
        (self.path, self.prefix, self.scope, self.methods) = (path, prefix, scope, methods)
    }

    func covers(_ path: String, _ method: HTTPMethod) -> Bool {
        if let methods, !methods.contains(method) { return false }
        var path = path[...]
        if !prefix.isEmpty, path.hasPrefix("\(prefix)/") { path = path.dropFirst(prefix.count) }
        guard path.hasPrefix(self.path) else { return false }
        let rest = path.dropFirst(self.path.count)
        return rest.isEmpty ? scope != .below : scope != .exactly && rest.hasPrefix("/")
    }
}
