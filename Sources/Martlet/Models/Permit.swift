internal import Synchronization

/// A request's permit to generate, which it can lend to others for a while.
///
/// The phase changes under the admission's lock only, and can be read from any thread.
final class Permit: Sendable {
    enum Phase: UInt8, AtomicRepresentable {
        /// Not granted yet, or yielded and not reacquired.
        case absent
        case held
        /// Released: its request needs no permit any more.
        case over
    }

    private let admission: Admission
    private let current: Atomic<Phase>

    init(_ admission: Admission, _ phase: Phase = .absent) {
        self.admission = admission
        current = Atomic(phase)
    }

    /// Written by the admission alone, under its lock.
    var phase: Phase {
        get { current.load(ordering: .acquiring) }
        set { current.store(newValue, ordering: .releasing) }
    }

    /// Whether its request may not generate until it has the permit again.
    var isYielded: Bool { phase == .absent }

    /// Passes the permit to the first request that waits, or makes it free, until `reacquire()`.
    func yield() { if phase == .held { admission.yield(self, ifWanted: false) } }

    /// As `yield()`, if a request waits. Returns whether one did.
    func yieldIfWanted() -> Bool { admission.yield(self, ifWanted: true) }

    /// As `yield()`, for a generation that waits for its client to read; does nothing for a backend that opted out.
    func yieldWhilePaused() { if admission.yieldsWhilePaused { yield() } }

    /// Returns once the permit is held again: it queues behind the requests that wait already. Returns at once if it
    /// was not yielded, or is released.
    ///
    /// - Throws: `CancellationError` when the task is cancelled, or the permit released, before that.
    nonisolated(nonsending) func reacquire() async throws {
        if isYielded { _ = try await admission.take(self, isNew: false) }
    }

    /// The same without suspending: `onGrant` is called, from any thread, once the permit is held again. It is not
    /// called if the permit was not yielded, or is released first.
    func reacquire(onGrant: @escaping @Sendable () -> Void) {
        if isYielded { admission.take(self, onGrant: onGrant) }
    }

    /// Ends the permit. Calling it twice is harmless.
    func release() { admission.release(self) }
}
