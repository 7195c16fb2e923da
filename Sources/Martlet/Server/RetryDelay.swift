/// When a client may try again: the fields `Retry-After` and `retry-after-ms`, and the texts in messages and in other
/// fields.
struct RetryDelay: Equatable {
    /// The value of `Retry-After` (RFC 9110 §10.2.3).
    let seconds: Int
    /// The value of `retry-after-ms`, which OpenAI's clients prefer; nil sends no such field.
    let milliseconds: Int?

    /// In whole seconds.
    init(seconds: Int) {
        self.seconds = seconds
        milliseconds = nil
    }

    /// At least the duration, and at least a millisecond.
    init(_ duration: Duration) {
        let count = Self.milliseconds(duration)
        milliseconds = count
        seconds = (count - 1) / 1000 + 1
    }

    /// As in `Please try again in 1.2s`, which Codex and others read: `11.054s`, or `28ms`.
    static func sentence(_ duration: Duration) -> String {
        let count = milliseconds(duration)
        return count < 1000 ? "\(count)ms" : decimal(count) + "s"
    }

    /// In the form of Go, as OpenAI's `x-ratelimit-reset-` fields: `6m0s`, `1.2s`, `28ms`, `0s`.
    static func goDuration(_ duration: Duration) -> String {
        if duration <= .zero { return "0s" }
        let count = milliseconds(duration)
        if count < 1000 { return "\(count)ms" }
        let minutes = count / 60_000
        let (hours, rest) = (minutes / 60, decimal(count % 60_000) + "s")
        return minutes == 0 ? rest : hours == 0 ? "\(minutes)m\(rest)" : "\(hours)h\(minutes % 60)m\(rest)"
    }

    private static func decimal(_ milliseconds: Int) -> String {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        if rest == 0 { return "\(seconds)" }
        var digits = String(1000 + rest).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(seconds).\(digits)"
    }

    /// Rounded up: an earlier attempt would be in vain.
    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        let count = min(max(0, seconds), 1 << 40) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int(max(1, count))
    }
}
