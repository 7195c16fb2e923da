/// How much a principal may ask of a server. The counts are per process, and those of equal principal ids are one.
///
/// Requests count that need the permission `infer` or `embed`: generations, embeddings, and the tokenizer. Requests beyond
/// a limit get 429, and every response to the principal has `x-ratelimit-` fields. A rate may be used in bursts: what has
/// been used comes back evenly, all of it within a minute.
public struct PrincipalLimits: Sendable, Hashable {
    /// Requests per minute, at least 1; nil for no limit.
    public var requestsPerMinute: Int?
    /// Tokens per minute of prompts and replies, at least 1; nil for no limit. Requests are admitted by an estimate, which
    /// is replaced by what they have really used when they end.
    public var tokensPerMinute: Int?
    /// Requests at the same time, at least 1; nil for no limit. A request counts from its head to the end of its response,
    /// and as long as its backend generates.
    public var concurrentRequests: Int?

    /// Limits; nil for none, and values below 1 count as 1.
    public init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil, concurrentRequests: Int? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.concurrentRequests = concurrentRequests
    }

    var isUnlimited: Bool { self == PrincipalLimits() }
}
