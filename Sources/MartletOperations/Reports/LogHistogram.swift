/// Counts of positive values by magnitude: percentiles with an error of at most 1 %, in memory that does not depend on
/// the number of values.
package struct LogHistogram: Sendable {
    /// Counts by the exponent of the value and 64 steps of its significand.
    private var counts: [Int: Int] = [:]
    package private(set) var count = 0
    package private(set) var maximum = 0.0

    private static let steps = 64

    package init() {}

    /// Values that are not positive and finite count as the smallest one.
    package mutating func add(_ value: Double) {
        let value = value.isFinite && value > 1e-9 ? value : 1e-9
        counts[Int(value.exponent) * Self.steps + Int((value.significand - 1) * Double(Self.steps)), default: 0] += 1
        count += 1
        maximum = max(maximum, value)
    }

    /// The value that a share of the values does not exceed; nil without values.
    package func quantile(_ share: Double) -> Double? {
        if count == 0 { return nil }
        let rank = max(1, Int((share * Double(count)).rounded(.up)))
        var seen = 0
        for bucket in counts.keys.sorted() {
            seen += counts[bucket] ?? 0
            if seen >= rank { return min(maximum, Self.middle(of: bucket)) }
        }
        return maximum
    }

    private static func middle(of bucket: Int) -> Double {
        let step = ((bucket % steps) + steps) % steps
        return Double(
            sign: .plus, exponent: (bucket - step) / steps, significand: 1 + (Double(step) + 0.5) / Double(steps))
    }

    package mutating func add(_ other: LogHistogram) {
        for (bucket, count) in other.counts { counts[bucket, default: 0] += count }
        count += other.count
        maximum = max(maximum, other.maximum)
    }
}
