/// The settings of a gateway that are the same for all of its upstreams.
public struct GatewayConfiguration: Sendable, Hashable {
    /// How an upstream is chosen among those that can serve a request.
    public var routing = RoutingPolicy.leastOutstanding
    public var timeouts = GatewayTimeouts()
    /// How often a request is sent again at most, to other upstreams where there are some, before its client has anything of
    /// an answer. All retries together are a tenth of the requests at most, and a few a second.
    public var retries = 3
    /// The time between two health checks of an upstream, with some variation.
    public var healthInterval = Duration.seconds(5)
    /// The most requests at the same time.
    public var maxConcurrency = 16_384

    public init() {}
}

/// How long a gateway waits for an upstream.
public struct GatewayTimeouts: Sendable, Hashable {
    /// For name resolution, connecting and TLS together.
    public var connect = Duration.seconds(5)
    /// For the head of the answer.
    public var head = Duration.seconds(600)
    /// From the request to the first event of a stream; nil for no limit. Many servers send the head at once, and the
    /// first event when the request has waited for its turn and the prompt has been read, which takes minutes for a long
    /// one. Comments that keep the connection alive do not count.
    public var firstToken: Duration? = .seconds(600)
    /// Between two pieces of an answer, from the first event of a stream on.
    public var idle = Duration.seconds(120)
    /// From the request, with all of its retries, to the end of the answer; nil for no limit.
    public var total: Duration?

    public init() {}
}
