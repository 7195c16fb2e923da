internal import Synchronization

/// The memory in bytes that request bodies, decoded requests and responses may use in total, counted in coarse steps.
package final class MemoryBudget: Sendable {
    /// Why memory was refused.
    package struct Exceeded: Error, Equatable {
        /// Whether the reservation would exceed the whole budget, so that waiting does not help.
        package let isBeyondAll: Bool

        package init(isBeyondAll: Bool) { self.isBeyondAll = isBeyondAll }
    }

    /// The bytes that a reservation may use without being counted.
    package static let free = 16 * 1024
    /// The granularity of counting, which limits how often the shared counter changes.
    package static let step = 64 * 1024
    /// A budget without a limit.
    package static let unlimited = MemoryBudget(limit: .max)

    package let limit: Int
    private let used = Atomic<Int>(0)

    package init(limit: Int) { self.limit = max(0, limit) }

    /// The reserved bytes.
    package var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Whether `bytes` more could be reserved now.
    package func hasRoom(for bytes: Int) -> Bool { bytes <= limit - usedBytes }

    /// The counted size of `bytes`: 0 up to `free`, above it rounded up to `step`.
    package static func counted(_ bytes: Int) -> Int { bytes <= free ? 0 : (bytes + step - 1) / step * step }

    fileprivate func take(_ bytes: Int) { used.add(bytes, ordering: .relaxed) }

    fileprivate func reserve(_ bytes: Int, besides reserved: Int) throws(Exceeded) {
        if used.add(bytes, ordering: .relaxed).newValue <= limit { return }
        used.subtract(bytes, ordering: .relaxed)
        throw Exceeded(isBeyondAll: bytes > limit - reserved)
    }
}

/// A part of a budget. Returned when the reservation is destroyed.
package struct MemoryReservation: ~Copyable, Sendable {
    private let budget: MemoryBudget
    private let reserved = Atomic<Int>(0)

    package init(of budget: MemoryBudget) { self.budget = budget }

    deinit {
        let bytes = reserved.load(ordering: .relaxed)
        if bytes != 0 { budget.take(-bytes) }
    }

    package var bytes: Int { reserved.load(ordering: .relaxed) }

    /// Whether `bytes` more could be reserved now.
    package func hasRoom(for bytes: Int) -> Bool { budget.hasRoom(for: bytes) }

    /// Reserves `bytes` more.
    package func add(_ bytes: Int) throws(MemoryBudget.Exceeded) {
        try budget.reserve(bytes, besides: self.bytes)
        reserved.add(bytes, ordering: .relaxed)
    }

    /// Sets the reservation to `bytes` even beyond the limit: for memory that is already in use.
    package func set(to bytes: Int) {
        let before = reserved.exchange(bytes, ordering: .relaxed)
        if before != bytes { budget.take(bytes - before) }
    }
}
