/// The limits and timeouts of a connection, each with its default.
///
/// Durations are kept to within a quarter of a second.
public struct ConnectionLimits: Sendable {
    /// Bytes of a request line and fields; more is a 431.
    public var maximumHeadBytes = 32 * 1024
    /// Fields of a head; more is a 431.
    public var maximumFields = 100
    /// Bytes of a request's content; more is a 413.
    public var maximumBodyBytes = 32 * 1024 * 1024
    /// Bytes that a client may send behind a request that is being answered; a client that sends more is closed, since
    /// with unread bytes between them it cannot be seen whether it is still there. They are taken at most 64 KiB ahead
    /// at first, and more as the answer takes longer.
    public var maximumPipelinedBytes = 1024 * 1024
    /// Connections of one loop, or fewer where the process may not have as many descriptors. Up to 32 more are accepted
    /// for one request each: what is answered without a task, such as `/health`, is; all else is a 503.
    public var maximumConnectionsPerLoop = 10_000
    /// From a head's first byte to its last, in all; longer is a 408.
    public var headTimeout = Duration.seconds(10)
    /// Between two reads of a body; longer is a 408.
    public var bodyTimeout = Duration.seconds(30)
    /// Until a body has to keep up with `minimumBodyRate`.
    public var bodyGrace = Duration.seconds(20)
    /// Bytes a second, on average, that a body must have brought once `bodyGrace` is over; slower is a 408. 0 allows
    /// any rate. Both defaults are those of Apache's mod_reqtimeout.
    public var minimumBodyRate = 500
    /// Without a request; then the connection closes. Common client pools hold theirs for 90 s.
    public var keepAliveTimeout = Duration.seconds(120)
    /// Without a byte taken by a client that has some to take; then the connection closes.
    public var writeTimeout = Duration.seconds(30)
    /// From admission; then a stream's head goes out although its backend has said nothing yet.
    public var headWait = Duration.seconds(5)
    /// Between a stream's comments while its backend says nothing.
    public var heartbeatInterval = Duration.seconds(15)
    /// After an error with request bytes unread, for the client to read the status (RFC 9112 §9.6).
    public var lingerTimeout = Duration.seconds(2)
    /// Request bytes that are read and dropped meanwhile.
    public var maximumLingerBytes = 1024 * 1024

    public init() {}
}
