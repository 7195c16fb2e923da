internal import Martlet
internal import MartletUV

/// The upper bounds of a histogram's buckets.
package final class Buckets: Sendable {
    /// In the unit in which numbers are recorded, inclusive and ascending.
    let bounds: [Int]
    /// The bounds as they are written.
    let texts: [String]
    /// How many of the recorded unit are one of the written unit.
    let scale: Double

    private init(_ bounds: [Double], scale: Double) {
        self.bounds = bounds.map { Int(($0 * scale).rounded()) }
        texts = bounds.map(Exposition.text)
        self.scale = scale
    }

    /// Bounds in seconds, for times in nanoseconds.
    private convenience init(seconds: [Double]) { self.init(seconds, scale: 1e9) }

    // vLLM's bounds, so that its dashboards can be used; those of times begin lower, for fast models.
    package static let firstToken = Buckets(seconds: [
        0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
        640, 2560,
    ])
    static let perToken = Buckets(seconds: [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5,
        10, 20, 40, 80,
    ])
    static let request = Buckets(seconds: [
        0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480,
        960, 1920, 7680,
    ])
    static let http = Buckets(seconds: [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ])
    static let tokens = Buckets(
        [1, 10, 100, 1_000, 10_000, 100_000].flatMap { [$0, 2 * $0, 5 * $0] }, scale: 1)
    static let choices = Buckets([1, 2, 5, 10, 20], scale: 1)
    /// For times in milliseconds.
    static let lateness = Buckets(
        [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], scale: 1000)
}

/// How many numbers are in each bucket, and their sum.
package struct Histogram: Sendable {
    private let buckets: Buckets
    private var counts: [Int]
    private var sum = 0

    package init(_ buckets: Buckets) {
        self.buckets = buckets
        counts = Array(repeating: 0, count: buckets.bounds.count + 1)
    }

    /// The sum of histograms with the same bounds, which other threads may change meanwhile.
    init(_ buckets: Buckets, adding histograms: [AtomicHistogram]) {
        self.init(buckets)
        for histogram in histograms {
            let totals = histogram.totals
            for (index, count) in totals.counts.enumerated() where counts.indices.contains(index) {
                counts[index] += count
            }
            sum &+= totals.sum
        }
    }

    /// A negative number counts as 0. The sum wraps around: token counts may come from another server.
    package mutating func record(_ number: Int) {
        let number = max(0, number)
        var index = 0
        while index < buckets.bounds.count && number > buckets.bounds[index] { index += 1 }
        counts[index] += 1
        sum &+= number
    }

    package mutating func record(_ duration: Duration) { record(duration.nanoseconds) }

    func write(_ labels: Labels, to exposition: inout Exposition) {
        exposition.histogram(labels, bounds: buckets.texts, counts: counts, sum: Double(sum) / buckets.scale)
    }
}
