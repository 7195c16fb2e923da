internal import Synchronization

/// Counts of numbers in buckets, added to and read from any thread without a lock.
package final class AtomicHistogram: Sendable {
    private final class Count: Sendable {
        let value = Atomic<Int>(0)
    }

    /// The upper bounds of the buckets, inclusive and ascending. Greater numbers are in one more bucket.
    package let bounds: [Int]
    private let counts: [Count]
    private let sum = Count()

    package init(bounds: [Int]) {
        self.bounds = bounds
        counts = (0...bounds.count).map { _ in Count() }
    }

    package func record(_ number: Int) {
        var index = 0
        while index < bounds.count && number > bounds[index] { index += 1 }
        counts[index].value.wrappingAdd(1, ordering: .relaxed)
        sum.value.wrappingAdd(number, ordering: .relaxed)
    }

    /// The count of each bucket and the sum of all numbers. A number that is added meanwhile may be in one of them only.
    package var totals: (counts: [Int], sum: Int) {
        (counts.map { $0.value.load(ordering: .relaxed) }, sum.value.load(ordering: .relaxed))
    }
}
