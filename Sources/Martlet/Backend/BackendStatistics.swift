/// What a backend knows of a model's work: its state now, and totals since its start. What is nil is not reported.
public struct BackendStatistics: Sendable, Hashable {
    /// The share of the cache of keys and values that is in use, 0 to 1.
    public var cacheUsage: Double?
    /// Tokens of prompts that were looked up in the cache.
    public var prefixQueries: Int?
    /// Of these, tokens that were found.
    public var prefixHits: Int?
    /// How often a generation that ran lost its place to another one, and waited again.
    public var preemptions: Int?
    /// The tokens of each step, of prompts and generations together.
    public var iterationTokens: BucketCounts?

    /// Nothing is known.
    public init() {}
}

/// How many observations are in each of some buckets, and their sum.
public struct BucketCounts: Sendable, Hashable {
    /// The upper bounds of the buckets, inclusive and ascending.
    public var bounds: [Double]
    /// The number of observations in each bucket, and last those above all bounds: one more than there are bounds.
    public var counts: [Int]
    /// The sum of all observations.
    public var sum: Double

    /// Counts for buckets; missing ones are 0, and those beyond the last bucket are left out.
    public init(bounds: [Double], counts: [Int] = [], sum: Double = 0) {
        self.bounds = bounds
        self.counts = (0...bounds.count).map { counts.indices.contains($0) ? counts[$0] : 0 }
        self.sum = sum
    }
}
