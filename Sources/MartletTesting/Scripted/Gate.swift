internal import Synchronization

/// A point at which a script waits until a test opens it.
public final class Gate: Sendable {
    private let isOpened = Atomic(false)

    /// A closed gate.
    public init() {}

    /// Whether it has been opened.
    public var isOpen: Bool { isOpened.load(ordering: .acquiring) }

    /// Releases all current and future waiters.
    public func open() { isOpened.store(true, ordering: .releasing) }

    /// Returns once the gate is open.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before that.
    public func pass() async throws {
        while !isOpen { try await Task.sleep(for: .milliseconds(1)) }
    }
}
