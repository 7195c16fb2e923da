/// Why a transfer got no response, or only a part of it.
public struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The cause, in the categories that a program can act on.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The name of the constant.
        public let rawValue: String

        /// A kind by its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The URL is malformed or has an unsupported scheme.
        public static let badURL = Kind(rawValue: "badURL")
        /// The name of the host or of the proxy has no address.
        public static let unknownHost = Kind(rawValue: "unknownHost")
        /// The connection was refused, or the host is unreachable.
        public static let connectFailed = Kind(rawValue: "connectFailed")
        /// The connection was not established within `connectTimeout`.
        public static let connectTimedOut = Kind(rawValue: "connectTimedOut")
        /// The peer's certificate was rejected, or the TLS handshake failed.
        public static let tls = Kind(rawValue: "tls")
        /// The connection was reset, or closed before the response was complete.
        public static let connectionLost = Kind(rawValue: "connectionLost")
        /// The response is not valid HTTP, or exceeds a limit.
        public static let protocolError = Kind(rawValue: "protocolError")
        /// The transfer was cancelled.
        public static let cancelled = Kind(rawValue: "cancelled")
        /// Any other cause.
        public static let other = Kind(rawValue: "other")
    }

    /// The cause.
    public var kind: Kind
    /// The cause as a sentence.
    public var message: String

    /// An error with a sentence that describes it.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }

    /// Whether the request cannot have reached its server.
    public var isBeforeConnection: Bool {
        [.unknownHost, .connectFailed, .connectTimedOut, .tls].contains(kind)
    }

    /// The transfer was cancelled.
    public static let cancelled = TransportError(.cancelled, "The request was cancelled.")
}
