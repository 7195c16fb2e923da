/// Separate limits for the phases of a call. Nil means no limit.
public struct Timeouts: Sendable, Equatable {
    /// The timeout that ended a call.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The setting's name.
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The connection was not made in time.
        public static let connect = Kind(rawValue: "connect")
        /// The first token, or the first byte of a response that is not streamed, did not arrive in time.
        public static let firstToken = Kind(rawValue: "firstToken")
        /// Nothing arrived for too long after the first token.
        public static let idle = Kind(rawValue: "idle")
        /// The whole call took too long, retries and pauses included.
        public static let total = Kind(rawValue: "total")
    }

    /// For name lookup and connecting, TLS included.
    public var connect = Duration.seconds(5)
    /// From the request to the first token, reasoning and tool calls included; for a response that is not streamed, to
    /// its first byte.
    public var firstToken: Duration? = .seconds(600)
    /// From one token to the next. It runs only while the reader waits: time spent in tools or in a slow reader does
    /// not count.
    public var idle: Duration? = .seconds(120)
    /// For what may follow the finish reason of the last choice: usage, `[DONE]` and the end of the response. After
    /// this time the stream ends, and its reply is complete.
    public var afterFinish: Duration? = .seconds(2)
    /// For the whole call.
    public var total: Duration?
    /// Whether keep-alive comments in the stream count as tokens.
    public var commentsAreProgress = false

    public init() {}

    public init(
        connect: Duration = .seconds(5), firstToken: Duration? = .seconds(600), idle: Duration? = .seconds(120),
        total: Duration? = nil
    ) {
        (self.connect, self.firstToken, self.idle, self.total) = (connect, firstToken, idle, total)
    }
}
