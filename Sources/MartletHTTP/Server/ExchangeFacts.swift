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

    /// The facts are collected here while the exchange lasts, by the recorder of its connection alone. It publishes them
    /// at the end, and nothing changes them afterwards; so a copy is one reference, which observers share.
    final class Storage: @unchecked Sendable {
        var clientAddress: String?
        var head: RequestHead?
        var route: String?
        var principal: (any AnyObject & Sendable)?
        var status: HTTPStatus?
        var ending = Ending.complete
        var refusal: RequestError?
        var start: ContinuousClock.Instant
        var requestEnd: ContinuousClock.Instant?
        var responseStart: ContinuousClock.Instant?
        var end: ContinuousClock.Instant
        var requestBytes = 0
        var responseBytes = 0
        /// The method of a request without a valid head.
        var refusedMethod: HTTPMethod?
        var id: RequestID?
        /// What accompanies the facts to the observer.
        var attachment: (any AnyObject & Sendable)?

        init(start: ContinuousClock.Instant) { (self.start, end) = (start, start) }
    }

    let storage: Storage

    init(_ storage: Storage) { self.storage = storage }

    /// Facts as a server would record them, for tests of observers.
    public init(
        clientAddress: String? = nil, head: RequestHead? = nil, route: String? = nil, status: HTTPStatus? = nil,
        ending: Ending = .complete, start: ContinuousClock.Instant = .now,
        duration: Duration = .zero, requestBytes: Int = 0, responseBytes: Int = 0
    ) {
        storage = Storage(start: start)
        (storage.clientAddress, storage.head, storage.route, storage.status) = (clientAddress, head, route, status)
        storage.ending = ending
        (storage.requestBytes, storage.responseBytes) = (requestBytes, responseBytes)
        storage.end = start + duration
    }

    /// The address of the client, or of the last proxy before the server that is not trusted; nil if it is not known.
    public var clientAddress: String? { storage.clientAddress }
    /// The request's head; nil if it was refused or the client left before it was complete.
    public var head: RequestHead? { storage.head }
    /// The pattern of the route, such as `/v1/models/{id}`; nil for an unknown path, and without a head.
    public var route: String? { storage.route }
    /// Who sent the request, as the decision about its head says.
    package var principal: (any AnyObject & Sendable)? { storage.principal }
    /// Nil without a response.
    public var status: HTTPStatus? { storage.status }
    /// How the exchange ended.
    public var ending: Ending { storage.ending }
    /// Why the connection itself refused the request; nil if it did not.
    package var refusal: RequestError? { storage.refusal }
    /// When the first byte of the request arrived.
    public var start: ContinuousClock.Instant { storage.start }
    /// When the last byte of the request arrived; nil if it was not read completely.
    public var requestEnd: ContinuousClock.Instant? { storage.requestEnd }
    /// When the response's head was written; nil without a response.
    public var responseStart: ContinuousClock.Instant? { storage.responseStart }
    /// When the system took the last byte of the response, or the connection closed.
    public var end: ContinuousClock.Instant { storage.end }
    /// The bytes of the request that were read, with head and framing.
    public var requestBytes: Int { storage.requestBytes }
    /// The bytes of the response that the system took, with head, framing and interim responses.
    public var responseBytes: Int { storage.responseBytes }

    /// The value of `x-request-id` in the response, also if the client left before it; nil for an exchange without a
    /// head and without a response.
    public var requestID: String? { storage.id?.text }

    /// The request's method; nil if it is not known.
    public var method: HTTPMethod? { storage.head?.method ?? storage.refusedMethod }

    /// From the first byte of the request to the last one of the response.
    public var duration: Duration { storage.end - storage.start }
}
