/// A request as a client sends it.
public struct OutgoingRequest: Sendable {
    /// GET and HEAD have no content.
    public var method: HTTPMethod
    /// The absolute URL, of scheme `http` or `https`.
    public var url: String
    /// The fields, except `Host` and the framing fields, which the transport adds.
    public var fields: HTTPFields
    /// The content; empty for none.
    public var body: [UInt8]
    /// The longest time for name resolution, connecting and the TLS handshake together.
    public var connectTimeout: Duration
    /// The numeric address to connect to, for one of several servers of a name; nil for any address of the URL's host.
    /// `Host` and TLS have the URL's host in any case.
    public var address: String?
    /// A PEM file of the certificates to trust, read for each new connection; nil for the transport's.
    public var certificateAuthorityFile: String?

    /// A request without content unless `body` is given.
    public init(
        _ method: HTTPMethod, _ url: String, fields: HTTPFields = HTTPFields(), body: [UInt8] = [],
        connectTimeout: Duration = .seconds(5)
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.connectTimeout = connectTimeout
    }
}

/// Status and fields of a response, as a client receives them.
public struct IncomingHead: Sendable {
    /// The final status, after any interim responses.
    public var status: HTTPStatus
    /// The fields in the order they arrived.
    public var fields: HTTPFields
    /// The absolute URL of `Location` in a redirect; nil without one.
    public var redirectURL: String?

    /// A head; 200 without fields unless they are given.
    public init(_ status: HTTPStatus = .ok, fields: HTTPFields = HTTPFields(), redirectURL: String? = nil) {
        self.status = status
        self.fields = fields
        self.redirectURL = redirectURL
    }
}
