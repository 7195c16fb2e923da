internal import MartletHTTP

/// An API that the server speaks: its endpoints, its error envelope, and the parts that Martlet does not implement.
///
/// The dialect is chosen once per request: by the path, or by the request head if several APIs have the path.
struct APIDialect: Sendable {
    /// The name of the API in documents.
    let name: String
    /// A prefix of the endpoints' paths, such as `/v1`, which clients may leave out.
    var prefix = ""
    /// The endpoints by path without the prefix, as `RoutePath` normalizes paths. A path that ends in `/` matches all
    /// paths below it.
    var endpoints: [String: [HTTPMethod: Endpoint]]
    let errors: any ErrorEnvelope
    /// The parts of the API that Martlet does not implement.
    var absent: [AbsentPart] = []
    /// The text of `/` on the port that the API's clients use by default, for clients that expect one.
    var banner: (port: Int, text: String)?
    /// Whether the header fields identify a client of this API.
    var claims: @Sendable (RequestHead) -> Bool = { _ in false }

    /// Whether the API has `path` for `method`, but Martlet does not implement it.
    func isAbsent(_ method: HTTPMethod, _ path: String) -> Bool { absent.contains { $0.covers(path, method) } }
}

/// The encoding of errors in one API, and what its responses have besides.
protocol ErrorEnvelope: Sendable {
    /// The name of a field that every response has with the value of `x-request-id`; nil for none. Default: nil.
    var requestIDField: StaticString? { get }

    /// The status of an error response. Default: the error's own.
    func status(_ error: OpenAIError) -> Int

    /// Returns the content of an error response.
    func body(_ error: OpenAIError) -> [UInt8]

    /// Returns the content of an error response to a request with that id; nil if the id is not known yet. Default:
    /// without the id.
    func body(_ error: OpenAIError, requestID: String?) -> [UInt8]

    /// Appends the last frames of a stream that the error ends. Returns false if the API has no such frames; the
    /// connection is then closed before the end of the stream, so that the client detects the error.
    func appendEnd(_ error: OpenAIError, to bytes: inout [UInt8]) -> Bool
}

extension ErrorEnvelope {
    var requestIDField: StaticString? { nil }
    func status(_ error: OpenAIError) -> Int { error.status }
    func body(_ error: OpenAIError, requestID: String?) -> [UInt8] { body(error) }
}

/// A part of an API that Martlet does not implement. It gets 501 in the API's envelope, because 404 would mean that the
/// path is wrong, and 405 that another method is supported.
struct AbsentPart: Sendable {
    enum Scope: Sendable {
        case exactly, below, andBelow
    }

    /// The path without the prefix.
    let path: String
    /// An optional prefix of the path, such as `/v1`.
    let prefix: String
    let scope: Scope
    /// Nil means all methods.
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
