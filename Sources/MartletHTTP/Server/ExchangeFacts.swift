/// The facts of one exchange, that is, one request and its response.
public struct ExchangeFacts: Sendable {
    /// How an exchange ended.
    public struct Ending: Sendable, Hashable, CustomStringConvertible {
        /// The name: `complete`, `client_left`, `aborted` or `refused`.
        public let description: String

        /// The system has taken the last byte of the response.
        public static let complete = Ending(description: "complete")
        /// The client closed or reset the connection before that.
        public static let clientLeft = Ending(description: "client_left")
        /// The server closed the connection before that: an aborted stream, a timeout, or a shutdown.
        public static let aborted = Ending(description: "aborted")
        /// The connection itself refused the request, and the system has taken the last byte of the refusal.
        public static let refused = Ending(description: "refused")
    }

    /// The address of the client, or of the last proxy before the server that is not trusted; nil if it is not known.
    public internal(set) var clientAddress: String?
    /// The request's head; nil if it was refused or the client left before it was complete.
    public internal(set) var head: RequestHead?
    /// The pattern of the route, such as `/v1/models/{id}`; nil for an unknown path, and without a head.
    public internal(set) var route: String?
    /// Who sent the request, as the decision about its head says.
    package internal(set) var principal: (any AnyObject & Sendable)?
    /// Nil without a response.
    public internal(set) var status: HTTPStatus?
    /// How the exchange ended.
    public internal(set) var ending = Ending.complete
    /// Why the connection itself refused the request; nil if it did not.
    package internal(set) var refusal: RequestError?
    /// When the first byte of the request arrived.
    public internal(set) var start: ContinuousClock.Instant
    /// When the last byte of the request arrived; nil if it was not read completely.
    public internal(set) var requestEnd: ContinuousClock.Instant?
    /// When the response's head was written; nil without a response.
    public internal(set) var responseStart: ContinuousClock.Instant?
    /// When the system took the last byte of the response, or the connection closed.
    public internal(set) var end: ContinuousClock.Instant
    /// The bytes of the request that were read, with head and framing.
    public internal(set) var requestBytes = 0
    /// The bytes of the response that the system took, with head, framing and interim responses.
    public internal(set) var responseBytes = 0
    var refusedMethod: HTTPMethod?
    var id: RequestID?

    init(start: ContinuousClock.Instant) {
        self.start = start
        end = start
    }

    /// Facts as a server would record them, for tests of observers.
    public init(
        clientAddress: String? = nil, head: RequestHead? = nil, route: String? = nil, status: HTTPStatus? = nil,
        ending: Ending = .complete, start: ContinuousClock.Instant = .now,
        duration: Duration = .zero, requestBytes: Int = 0, responseBytes: Int = 0
    ) {
        self.init(start: start)
        (self.clientAddress, self.head, self.route, self.status) = (clientAddress, head, route, status)
        self.ending = ending
        (self.requestBytes, self.responseBytes) = (requestBytes, responseBytes)
        end = start + duration
    }

    /// The value of `x-request-id` in the response; nil if there was none.
    public var requestID: String? { id?.text }

    /// The request's method; nil if it is not known.
    public var method: HTTPMethod? { head?.method ?? refusedMethod }

    /// From the first byte of the request to the last one of the response.
    public var duration: Duration { end - start }
}
