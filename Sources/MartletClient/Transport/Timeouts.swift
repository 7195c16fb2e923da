/// Four separate limits. Nil is none.
public struct Timeouts: Sendable, Equatable {
    /// Which of them ended a request.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The name of the setting.
        public let rawValue: String

        /// A kind by its name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// No connection in time.
        public static let connect = Kind(rawValue: "connect")
        /// No token in time, or no part of a whole reply.
        public static let firstToken = Kind(rawValue: "firstToken")
        /// Tokens came, and then none for too long.
        public static let idle = Kind(rawValue: "idle")
        /// The whole call took too long, its retries and pauses included.
        public static let total = Kind(rawValue: "total")
    }

    /// For looking up a name and making a connection, TLS included.
    public var connect = Duration.seconds(5)
    /// From the request to the first token: reasoning and tool calls count, as does the first byte of a whole reply.
    public var firstToken: Duration? = .seconds(600)
    /// From one token to the next. It runs only while the reader waits: neither a tool that runs in between nor a slow
    /// reader is charged to the server.
    public var idle: Duration? = .seconds(120)
    /// For what may follow the finish reason of every choice: the usage, `[DONE]` and the end of the response. A stream
    /// that says no more within this time is over, and whole.
    public var afterFinish: Duration? = .seconds(2)
    /// For all of it.
    public var total: Duration?
    /// Whether comments of the stream, which servers send to keep it alive, count as tokens.
    public var commentsAreProgress = false

    /// The defaults.
    public init() {}

    /// Other limits.
    public init(
        connect: Duration = .seconds(5), firstToken: Duration? = .seconds(600), idle: Duration? = .seconds(120),
        total: Duration? = nil
    ) {
        (self.connect, self.firstToken, self.idle, self.total) = (connect, firstToken, idle, total)
    }
}
