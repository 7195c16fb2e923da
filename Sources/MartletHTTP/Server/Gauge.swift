internal import Synchronization

/// A number that goes up and down, read and changed from any thread.
package final class Gauge: Sendable {
    private let atomic = Atomic<Int>(0)
    private let total: Gauge?

    /// - Parameter total: Another number that changes with this one.
    package init(addingTo total: Gauge? = nil) { self.total = total }

    package var value: Int { atomic.load(ordering: .relaxed) }

    package func add(_ amount: Int) {
        atomic.add(amount, ordering: .relaxed)
        total?.add(amount)
    }
}

/// A flag that is set once and never cleared, read and set from any thread.
package final class AtomicFlag: Sendable {
    private let atomic = Atomic<Bool>(false)

    package init() {}

    package var isSet: Bool { atomic.load(ordering: .acquiring) }

    /// Sets the flag. Returns whether it was set before.
    @discardableResult
    package func set() -> Bool { atomic.exchange(true, ordering: .acquiringAndReleasing) }
}
