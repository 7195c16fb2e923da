internal import Synchronization

/// Bytes that request bodies, what is read from them, and replies may take together, counted in coarse steps.
package final class MemoryBudget: Sendable {
    /// Why there was no memory to be had.
    package struct Exceeded: Error, Equatable {
        /// Whether its holder would have more than the whole budget, so that waiting does not help.
        package let isBeyondAll: Bool

        package init(isBeyondAll: Bool) { self.isBeyondAll = isBeyondAll }
    }

    /// What one holder may have without being counted.
    package static let free = 16 * 1024
    /// What is counted at once: a change of the shared counter for each so many bytes.
    package static let step = 64 * 1024
    /// One that never runs out.
    package static let unlimited = MemoryBudget(limit: .max)

    package let limit: Int
    private let used = Atomic<Int>(0)

    package init(limit: Int) { self.limit = max(0, limit) }

    /// Bytes that are taken now.
    package var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Whether so many more could be taken now.
    package func hasRoom(for bytes: Int) -> Bool { bytes <= limit - usedBytes }

    /// What `bytes` count as.
    package static func counted(_ bytes: Int) -> Int { bytes <= free ? 0 : (bytes + step - 1) / step * step }

    fileprivate func take(_ bytes: Int) { used.add(bytes, ordering: .relaxed) }

    fileprivate func takeIfThereIsRoom(_ bytes: Int, besides held: Int) throws(Exceeded) {
        if used.add(bytes, ordering: .relaxed).newValue <= limit { return }
        used.subtract(bytes, ordering: .relaxed)
        throw Exceeded(isBeyondAll: bytes > limit - held)
    }
}

/// What one holder has taken of a budget; it goes back when the reservation ends.
package struct MemoryReservation: ~Copyable, Sendable {
    private let budget: MemoryBudget
    private let held = Atomic<Int>(0)

    package init(of budget: MemoryBudget) { self.budget = budget }

    deinit {
        let bytes = held.load(ordering: .relaxed)
        if bytes != 0 { budget.take(-bytes) }
    }

    package var bytes: Int { held.load(ordering: .relaxed) }

    /// Whether so many more could be taken now.
    package func hasRoom(for bytes: Int) -> Bool { budget.hasRoom(for: bytes) }

    /// Takes so many more.
    package func add(_ bytes: Int) throws(MemoryBudget.Exceeded) {
        try budget.takeIfThereIsRoom(bytes, besides: self.bytes)
        held.add(bytes, ordering: .relaxed)
    }

    /// Holds so many from now on, whether there is room or not: for what is there already.
    package func set(to bytes: Int) {
        let before = held.exchange(bytes, ordering: .relaxed)
        if before != bytes { budget.take(bytes - before) }
    }
}
