internal import Synchronization

/// A number that goes up and down, read and changed from any thread.
package final class Gauge: Sendable {
    private let atomic = Atomic<Int>(0)

    package init() {}

    package var value: Int { atomic.load(ordering: .relaxed) }

    package func add(_ amount: Int) { atomic.add(amount, ordering: .relaxed) }
}
