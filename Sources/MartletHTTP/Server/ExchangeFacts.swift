/// The facts of one exchange, that is, one request and its response, recorded for the observer of a
/// `ConnectionContext`.
package struct ExchangeFacts: Sendable {
    package enum Ending: Sendable, Equatable {
        /// The system has taken the last byte of the response.
        case complete
        /// The client closed or reset the connection before that.
        case clientLeft
        /// The server closed the connection before that: an aborted stream, a timeout, or a shutdown.
        case aborted
        /// The connection itself refused the request, and the system has taken the last byte of the refusal.
        case refused
    }

    /// The pattern of the route; nil without one, and for a request whose head was refused.
    package internal(set) var route: StaticString?
    /// Nil until the head is complete.
    package internal(set) var method: HTTPMethod?
    /// Nil without a response.
    package internal(set) var status: HTTPStatus?
    package internal(set) var ending = Ending.complete
    /// When the first byte of the request arrived.
    package internal(set) var start: ContinuousClock.Instant
    /// When the last byte of the request arrived; nil if it was not read completely.
    package internal(set) var requestEnd: ContinuousClock.Instant?
    /// When the response's head was written; nil without a response.
    package internal(set) var responseStart: ContinuousClock.Instant?
    /// When the system took the last byte of the response, or the connection closed.
    package internal(set) var end: ContinuousClock.Instant
    /// The bytes of the request that were read, with head and framing.
    package internal(set) var requestBytes = 0
    /// The bytes of the response that the system took, with head, framing and interim responses.
    package internal(set) var responseBytes = 0

    init(start: ContinuousClock.Instant) {
        self.start = start
        end = start
    }
}
