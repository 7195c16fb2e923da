internal import MartletHTTP

/// When a request that brought nothing is sent again: the same bytes under the same `Idempotency-Key`, and only as long as
/// not one event of an answer has come. There is one owner of retries, this; libcurl makes none of its own but for a kept
/// connection that turns out to be closed.
public struct RetryPolicy: Sendable, Equatable {
    /// How often to send again: 2.
    public var maximumRetries = 2
    /// Statuses that are worth another try, in place of those that `ClientError.isRetryable` names; nil for those.
    public var statuses: Set<Int>?
    /// Whether failures to connect, and connections lost before an answer, or before all of a whole reply, are.
    public var retriesConnectionFailures = true
    /// The pause before retry n, from 0, is random between nothing and this times 2 to the n.
    public var initialDelay = Duration.milliseconds(500)
    /// The longest such pause.
    public var maximumDelay = Duration.seconds(8)
    /// The longest `Retry-After` that is obeyed; a longer one is told at once, as the error's `retryAfter`.
    public var longestRetryAfter = Duration.seconds(120)

    /// The default policy.
    public init() {}

    /// The default policy with another number of retries.
    public init(maximumRetries: Int) { self.maximumRetries = maximumRetries }

    /// Never again: what went wrong is the application's business.
    public static let none = RetryPolicy(maximumRetries: 0)

    /// How long to wait before the retry that is the `attempt`-th, from 0; nil if there is to be none.
    func pause(before attempt: Int, after error: ClientError) -> Duration? {
        guard attempt < maximumRetries, isWorthwhile(error) else { return nil }
        if let retryAfter = error.retryAfter { return retryAfter <= longestRetryAfter ? max(.zero, retryAfter) : nil }
        let ceiling = min(maximumDelay / .seconds(1), (initialDelay / .seconds(1)) * Double(1 << min(attempt, 30)))
        // A year is as good as for ever, and a clock can count it.
        return .seconds(min(ceiling, 31_536_000) * Double.random(in: 0...1))
    }

    private func isWorthwhile(_ error: ClientError) -> Bool {
        let isOverridden = error.fields.contains("x-should-retry") || error.reason == .billing
        if let statuses, let status = error.status, !isOverridden { return statuses.contains(status) }
        if !retriesConnectionFailures, [.connection, .interrupted].contains(error.reason) { return false }
        return error.isRetryable
    }
}
