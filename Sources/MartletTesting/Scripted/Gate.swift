internal import Synchronization

/// What a script waits at until a test opens it: how a test stops a backend at a place of its choosing.
public final class Gate: Sendable {
    private let isOpened = Atomic(false)

    /// A closed gate.
    public init() {}

    /// Whether it has been opened.
    public var isOpen: Bool { isOpened.load(ordering: .acquiring) }

    /// Lets everybody pass who waits, and everybody who comes later.
    public func open() { isOpened.store(true, ordering: .releasing) }

    /// Returns once the gate is open.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before that.
    public func pass() async throws {
        while !isOpen { try await Task.sleep(for: .milliseconds(1)) }
    }
}
