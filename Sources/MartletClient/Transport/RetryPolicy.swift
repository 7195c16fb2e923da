internal import MartletHTTP

/// When a failed request is sent again: with the same bytes and the same `Idempotency-Key`, and only before the first
/// event of a reply has arrived. Only this policy retries; libcurl does so only when a kept-alive connection turns out
/// to be closed.
public struct RetryPolicy: Sendable, Equatable {
    /// The maximum number of retries.
    public var maximumRetries = 2
    /// Statuses that are retried instead of those of `ClientError.isRetryable`; nil for those.
    public var statuses: Set<Int>?
    /// Whether to retry when connecting fails, and when a connection is lost before a stream's first event or before
    /// the end of a response that is not streamed.
    public var retriesConnectionFailures = true
    /// The pause before retry n, counted from 0, is random between 0 and this times 2 to the n.
    public var initialDelay = Duration.milliseconds(500)
    /// The maximum pause.
    public var maximumDelay = Duration.seconds(8)
    /// The longest `Retry-After` that is obeyed. A longer one fails the call at once; the error's `retryAfter` has it.
    public var longestRetryAfter = Duration.seconds(120)

    public init() {}

    /// The default policy with another number of retries.
    public init(maximumRetries: Int) { self.maximumRetries = maximumRetries }

    /// Never retries.
    public static let none = RetryPolicy(maximumRetries: 0)

    /// The pause before the retry numbered `attempt`, from 0; nil for no retry.
    func pause(before attempt: Int, after error: ClientError) -> Duration? {
        guard attempt < maximumRetries, isWorthwhile(error) else { return nil }
        if let retryAfter = error.retryAfter { return retryAfter <= longestRetryAfter ? max(.zero, retryAfter) : nil }
        let ceiling = min(maximumDelay / .seconds(1), (initialDelay / .seconds(1)) * Double(1 << min(attempt, 30)))
        // At most a year, which the clock can represent.
        return .seconds(min(ceiling, 31_536_000) * Double.random(in: 0...1))
    }

    private func isWorthwhile(_ error: ClientError) -> Bool {
        let isOverridden = error.fields.contains("x-should-retry") || error.reason == .billing
        if let statuses, let status = error.status, !isOverridden { return statuses.contains(status) }
        if !retriesConnectionFailures, [.connection, .interrupted].contains(error.reason) { return false }
        return error.isRetryable
    }
}
