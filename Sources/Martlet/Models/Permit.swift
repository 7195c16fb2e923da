internal import Synchronization

/// A request's permit to generate, which it can yield to others for a while.
///
/// The phase changes under the admission's lock only, and can be read from any thread.
final class Permit: Sendable {
    enum Phase: UInt8, AtomicRepresentable {
        /// Not granted yet, or yielded and not yet reacquired.
        case absent
        case held
        /// Released.
        case over
    }

    private let admission: Admission
    private let current: Atomic<Phase>

    init(_ admission: Admission, _ phase: Phase = .absent) {
        self.admission = admission
        current = Atomic(phase)
    }

    /// Set by the admission only, under its lock.
    var phase: Phase {
        get { current.load(ordering: .acquiring) }
        set { current.store(newValue, ordering: .releasing) }
    }

    /// Whether its request must not generate until the permit is granted again.
    var isYielded: Bool { phase == .absent }

    /// Passes the permit to the first waiting request, or frees it, until `reacquire()`.
    func yield() { if phase == .held { admission.yield(self, ifWanted: false) } }

    /// Like `yield()`, if a request is waiting. Returns whether one was.
    func yieldIfWanted() -> Bool { admission.yield(self, ifWanted: true) }

    /// Like `yield()`, for a generation that is paused by a slow client; does nothing if the backend opted out.
    func yieldWhilePaused() { if admission.yieldsWhilePaused { yield() } }

    /// Returns once the permit is granted again, after the requests that are already waiting. Returns at once if it was
    /// not yielded, or is released.
    ///
    /// - Throws: `CancellationError` if the task is cancelled or the permit is released before that.
    nonisolated(nonsending) func reacquire() async throws {
        if isYielded { _ = try await admission.take(self, isNew: false) }
    }

    /// The same without suspending: `onGrant` is called on any thread once the permit is granted again. It is not
    /// called if the permit was not yielded, or is released first.
    func reacquire(onGrant: @escaping @Sendable () -> Void) {
        if isYielded { admission.take(self, onGrant: onGrant) }
    }

    /// Ends the permit. May be called more than once.
    func release() { admission.release(self) }
}
