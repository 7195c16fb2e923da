internal import MartletOperations

/// What a gateway knows of a server, at one time.
public struct UpstreamReport: Sendable {
    /// The upstream that it is, or an address of.
    public let upstream: Upstream
    /// The server's name in tables.
    public let name: String
    public let state: State
    public let breaker: BreakerState
    /// Why the last health check, or the last request for its models, failed; nil if it did not.
    public let fault: String?
    /// Its requests that have not ended, and their estimated tokens, prompts included.
    public let outstandingRequests: Int
    public let outstandingTokens: Int
    /// The requests that have ended, by outcome: `answered`, `connect_failed`, `timed_out`, `interrupted`,
    /// `server_error`, `busy` and `cancelled`, in this order.
    public let outcomes: [(name: String, count: Int)]
    /// The requests that have ended by its fault.
    public let failures: Int
    /// The requests that it got after another attempt had failed.
    public let retries: Int
    /// The time from the choice of the server to the first content of a stream that half of the requests of the last one
    /// to two minutes did not exceed, and 99 % of them; nil without such requests.
    public let firstTokenP50: Duration?
    public let firstTokenP99: Duration?
    /// Which part of its prompts was sent to it before, so that its cache has it; nil if nothing was counted, as under
    /// every policy but prefix affinity.
    public let prefixHitRate: Double?
    /// The names of its models that clients use.
    public let models: [String]
    let firstTokens: Histogram
    /// The blocks of its prompts, and those of them that were sent to it before.
    let blocks: Int
    let matchedBlocks: Int

    /// Whether a server gets requests.
    public struct State: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        public static let ready = State(description: "ready")
        /// Its health checks or its requests fail, or it has not said which models it has.
        public static let down = State(description: "down")
        /// It has asked for a pause.
        public static let paused = State(description: "paused")
        /// An operator has drained it.
        public static let drained = State(description: "drained")
        /// It is configured no longer, and ends what it has begun.
        public static let removed = State(description: "removed")

        static let all = [ready, down, paused, drained, removed]
    }

    /// Whether its requests succeed.
    public struct BreakerState: Sendable, Hashable, CustomStringConvertible {
        public let description: String

        /// They do.
        public static let closed = BreakerState(description: "closed")
        /// They failed, and it gets none for a while.
        public static let open = BreakerState(description: "open")
        /// One request finds out.
        public static let halfOpen = BreakerState(description: "half-open")
    }
}
