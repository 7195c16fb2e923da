internal import MartletUV

/// How much of a limit per minute is used: a bucket that is empty at first, and from which the limit drains evenly within
/// each minute. A pure value: no clock, no lock.
///
/// The limit is a parameter, so that it can change without a change of what has been used.
struct MinuteBudget {
    typealias Instant = ContinuousClock.Instant

    /// A count of 1. In a nanosecond, `limit` such parts of it drain.
    private static let unit: Int128 = 60_000_000_000
    private static let highestCount = 1 << 50

    private var used: Int128 = 0
    private var time: Instant?

    var isUnused: Bool { used == 0 }

    /// Drains what has come back since the last call. The other functions count from `now`.
    mutating func drain(_ limit: Int, at now: Instant) {
        defer { time = max(now, time ?? now) }
        guard let time, now > time, used > 0 else { return }
        used = max(0, used - Int128(max(1, limit)) * Int128((now - time).nanoseconds))
    }

    /// Uses `count`, also beyond the limit; a negative count is given back.
    mutating func use(_ count: Int) {
        used = max(0, used + Int128(min(max(count, -Self.highestCount), Self.highestCount)) * Self.unit)
    }

    /// What can be used now, 0 or more.
    func remaining(_ limit: Int) -> Int {
        Int(max(0, Int128(max(1, limit)) - used.dividedRoundingUp(by: Self.unit)))
    }

    /// The time until nothing is used.
    func reset(_ limit: Int) -> Duration { .nanoseconds(used.dividedRoundingUp(by: Int128(max(1, limit)))) }

    /// The time until `count` can be used; nil if it can now. A count above the limit waits for the whole limit.
    func wait(for count: Int, _ limit: Int) -> Duration? {
        let limit = max(1, limit)
        let excess = used + Int128(min(count, limit) - limit) * Self.unit
        return excess > 0 ? .nanoseconds(excess.dividedRoundingUp(by: Int128(limit))) : nil
    }
}

extension Int128 {
    fileprivate func dividedRoundingUp(by divisor: Int128) -> Int128 { (self + divisor - 1) / divisor }
}

extension Duration {
    fileprivate static func nanoseconds(_ count: Int128) -> Duration { Duration(attoseconds: count * 1_000_000_000) }
}
