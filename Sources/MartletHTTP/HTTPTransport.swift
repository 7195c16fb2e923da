/// Sends requests and brings responses: libcurl in earnest, a script in a test.
public protocol HTTPTransport: Sendable {
    /// Begins an exchange and returns at once; whatever goes wrong is told by the exchange.
    func begin(_ request: OutgoingRequest) -> any HTTPExchange
}

/// One request and its response. Its functions are called by one task at a time, `cancel()` by anyone.
///
/// What has come and was not taken stays with the exchange only up to a limit: beyond it the peer has to wait. Whoever
/// does not read to the end calls `cancel()`.
public protocol HTTPExchange: AnyObject, Sendable {
    /// Status and fields of the final response, once they are there.
    ///
    /// - Throws: `TransportError`, of kind `cancelled` also when the caller's task is.
    func head() async throws(TransportError) -> IncomingHead

    /// The next bytes of the content, as many as there are; nil at its end.
    ///
    /// - Throws: as `head()`. What came before the failure is told first.
    func next() async throws(TransportError) -> [UInt8]?

    /// Ends the exchange and closes its connection, unless it is over. Waits of the exchange end with `cancelled`.
    func cancel()
}

/// A request of a client.
public struct OutgoingRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// The absolute URL, of scheme `http` or `https`.
    public var url: String
    /// The fields; those of the framing, `Host` among them, are the transport's.
    public var fields: HTTPFields
    /// The content; empty for none.
    public var body: [UInt8]
    /// The longest to wait for a name to be looked up and a connection to be made, TLS included.
    public var connectTimeout: Duration

    /// A request.
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

/// Status and fields of a response, as a client reads them.
public struct IncomingHead: Sendable {
    /// The status.
    public var status: HTTPStatus
    /// The fields in the order they came.
    public var fields: HTTPFields
    /// Where a redirecting response points to, as an absolute URL.
    public var redirectURL: String?

    /// A head that says so much.
    public init(_ status: HTTPStatus = .ok, fields: HTTPFields = HTTPFields(), redirectURL: String? = nil) {
        self.status = status
        self.fields = fields
        self.redirectURL = redirectURL
    }
}

/// Why an exchange brought no response, or not all of it.
public struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, as far as a program can act on it.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The name of the kind, as the constants have it.
        public let rawValue: String

        /// A kind by its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The URL is none, or of a scheme that is not spoken.
        public static let badURL = Kind(rawValue: "badURL")
        /// The host's or the proxy's name has no address.
        public static let unknownHost = Kind(rawValue: "unknownHost")
        /// There was no connection to be had: refused, unreachable.
        public static let connectFailed = Kind(rawValue: "connectFailed")
        /// There was no connection in time.
        public static let connectTimedOut = Kind(rawValue: "connectTimedOut")
        /// The peer's certificate was refused, or TLS could not be agreed on.
        public static let tls = Kind(rawValue: "tls")
        /// The connection broke: reset, or closed before the response was whole.
        public static let connectionLost = Kind(rawValue: "connectionLost")
        /// What came is no HTTP, or over a limit.
        public static let protocolError = Kind(rawValue: "protocolError")
        /// The exchange was cancelled.
        public static let cancelled = Kind(rawValue: "cancelled")
        /// Anything else.
        public static let other = Kind(rawValue: "other")
    }

    /// What went wrong.
    public var kind: Kind
    /// A sentence for people.
    public var message: String

    /// An error of that kind.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }

    /// Whether the request cannot have reached its server.
    public var isBeforeConnection: Bool {
        [.unknownHost, .connectFailed, .connectTimedOut].contains(kind)
    }

    /// The exchange was cancelled.
    public static let cancelled = TransportError(.cancelled, "The request was cancelled.")
}
