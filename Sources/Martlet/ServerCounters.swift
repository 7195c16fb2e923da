/// What a server is doing at one moment.
public struct ServerCounters: Sendable, Hashable {
    /// Connections that clients hold open, idle ones included.
    public var openConnections: Int
    /// Streamed replies whose backend has not returned yet.
    public var openStreams: Int
    /// Requests that run as tasks, whatever they wait for.
    public var tasks: Int
    /// Requests that wait for a permit to generate.
    public var waiting: Int
    /// Permits that requests have: one each, and more for a completion of several prompts.
    public var running: Int
    /// Tokens generated since the start, by the rule that one emit is one token.
    public var generatedTokens: Int
    /// Parameters in requests that the API does not know, since the start.
    public var unknownParameters: Int
}
