/// What a stream carries besides the answer.
public struct StreamOptions: Sendable, Hashable {
    /// Whether the stream ends with its usage.
    public var includesUsage: Bool
    /// Whether each chunk has the usage so far; vLLM's extension, only together with `includesUsage`.
    public var hasContinuousUsage: Bool

    /// Neither, or what is named here.
    public init(includesUsage: Bool = false, hasContinuousUsage: Bool = false) {
        self.includesUsage = includesUsage
        self.hasContinuousUsage = hasContinuousUsage
    }
}
