/// The limits and timeouts of a connection, each with its default.
///
/// Durations are kept to within a quarter of a second.
public struct ConnectionLimits: Sendable {
    /// The maximum bytes of a request line and fields; above it 431.
    public var maximumHeadBytes = 32 * 1024
    /// The maximum fields of a head; above it 431.
    public var maximumFields = 100
    /// The maximum bytes of a request's content; above it 413.
    public var maximumBodyBytes = 32 * 1024 * 1024
    /// The maximum bytes that a client may send behind a request that is being answered. The connection of a client that
    /// sends more is closed, since unread bytes hide whether the client is still connected. The server reads at most
    /// 64 KiB ahead at first, and more as the response takes longer.
    public var maximumPipelinedBytes = 1024 * 1024
    /// The maximum connections of a loop; fewer if the process has fewer descriptors. Up to 32 more are accepted for one
    /// request each: static responses such as `/health` are served, everything else is a 503.
    public var maximumConnectionsPerLoop = 10_000
    /// From a head's first byte to its last; above it 408.
    public var headTimeout = Duration.seconds(10)
    /// Between two reads of a body; above it 408.
    public var bodyTimeout = Duration.seconds(30)
    /// From a body's beginning until `minimumBodyRate` applies.
    public var bodyGrace = Duration.seconds(20)
    /// The minimum average bytes per second of a body after `bodyGrace`; below it 408. 0 allows any rate. Both defaults
    /// are those of Apache's mod_reqtimeout.
    public var minimumBodyRate = 500
    /// The idle time after which a connection closes. Common client pools keep theirs for 90 s.
    public var keepAliveTimeout = Duration.seconds(120)
    /// The time without progress of pending bytes after which the connection closes.
    public var writeTimeout = Duration.seconds(30)
    /// From admission until a stream's head is sent although its backend has emitted nothing.
    public var headWait = Duration.seconds(5)
    /// As `headWait`, for a stream that another server generates: until then its answer can still have a status.
    public var relayedHeadWait = Duration.seconds(60)
    /// Between the heartbeats of an idle stream.
    public var heartbeatInterval = Duration.seconds(15)
    /// The time for a client to read the response to a request that was not read completely (RFC 9112 §9.6).
    public var lingerTimeout = Duration.seconds(2)
    /// The maximum request bytes that are discarded during that time.
    public var maximumLingerBytes = 1024 * 1024

    public init() {}
}
