internal import Synchronization

/// A request's permit to generate, which it can yield to others for a while.
///
/// The phase changes under its source's lock only, and can be read from any thread.
final class Permit: Sendable {
    enum Phase: UInt8, AtomicRepresentable {
        /// Not granted yet, or yielded and not yet reacquired.
        case absent
        /// With a backend that schedules itself, which has not started the generation.
        case submitted
        case held
        /// Released.
        case over
    }

    private let source: any PermitSource
    /// The permit of the request that this one was taken for in addition; nil for a request's own.
    let own: Permit?
    private let current: Atomic<Phase>
    /// The period of the queue in which the permit was waited for; 0 if it was not.
    private let period = Atomic<UInt64>(0)

    init(_ source: any PermitSource, _ phase: Phase = .absent, besides own: Permit? = nil) {
        self.source = source
        self.own = own
        current = Atomic(phase)
    }

    /// Set by the source only, under its lock.
    var phase: Phase {
        get { current.load(ordering: .acquiring) }
        set { current.store(newValue, ordering: .releasing) }
    }

    /// Set by the source only, under its lock.
    var queuePeriod: UInt64 {
        get { period.load(ordering: .relaxed) }
        set { period.store(newValue, ordering: .relaxed) }
    }

    /// Whether its request must not generate until the permit is granted again.
    var isYielded: Bool { phase == .absent }

    /// Whether the backend decides when its generation starts, and has not started it.
    var awaitsStart: Bool { phase == .submitted }

    /// Records that the backend has started the generation. Has no effect the second time, and if the permit was waited
    /// for.
    func start() { if awaitsStart { source.start(self) } }

    /// Passes the permit to the first waiting request, or frees it, until `reacquire()`.
    func yield() { if phase == .held { source.yield(self, ifWanted: false) } }

    /// Like `yield()`, if a request is waiting. Returns whether one was. A backend that schedules itself chooses
    /// between requests: a request's own permit is then never wanted.
    func yieldIfWanted() -> Bool { source.yield(self, ifWanted: true) }

    /// Like `yield()`, for a generation that is paused by a slow client; does nothing if the backend opted out.
    func yieldWhilePaused() { if source.yieldsWhilePaused { yield() } }

    /// Returns once the permit is granted again, after the requests that are already waiting. Returns at once if it was
    /// not yielded, or is released.
    ///
    /// - Throws: `CancellationError` if the task is cancelled or the permit is released before that.
    nonisolated(nonsending) func reacquire() async throws {
        if isYielded { try await source.reacquire(self) }
    }

    /// The same without suspending: `onGrant` is called on any thread once the permit is granted again. It is not
    /// called if the permit was not yielded, or is released first.
    func reacquire(onGrant: @escaping @Sendable () -> Void) {
        if isYielded { source.reacquire(self, onGrant: onGrant) }
    }

    /// Changes what the queue counts of the request, which `principal` has sent. Has no effect if it has not waited.
    func correct(by change: Int, of principal: String?) {
        if queuePeriod != 0 { source.correct(self, by: change, of: principal) }
    }

    /// Ends the permit. May be called more than once.
    func release() { source.release(self) }
}

/// Grants permits and takes them back: `Admission`, which lets requests wait for them, or `BoundedAdmission` for a
/// backend that schedules itself.
protocol PermitSource: AnyObject, Sendable {
    /// The number of generations that may run at once.
    var permits: Int { get }
    /// Whether a generation gives its permit to others while its client is slow.
    var yieldsWhilePaused: Bool { get }
    /// The estimated seconds until all requests that wait now have been served.
    var retryAfter: Int { get }

    /// Admits a request with a new permit. Returns whether it had to wait.
    ///
    /// - Throws: `Admission.Refusal`; `CancellationError` if the task is cancelled while it waits; 504 if it waited
    ///   until its deadline.
    nonisolated(nonsending) func take(_ permit: Permit, for claim: AdmissionClaim) async throws -> Bool

    /// Takes up to `count` permits that are free and that no other request waits for, in addition to a request's own.
    /// The caller releases them.
    func takeFree(atMost count: Int, besides own: Permit?) -> [Permit]

    /// The functions of `Permit` with these names.
    func start(_ permit: Permit)
    @discardableResult
    func yield(_ permit: Permit, ifWanted: Bool) -> Bool
    nonisolated(nonsending) func reacquire(_ permit: Permit) async throws
    func reacquire(_ permit: Permit, onGrant: @escaping @Sendable () -> Void)
    func correct(_ permit: Permit, by change: Int, of principal: String?)
    func release(_ permit: Permit)
}

extension PermitSource {
    /// Runs `body` with a permit, which is released on every path. `hasWaited` is whether it had to wait.
    ///
    /// - Throws: errors of `take(_:for:)` and of `body`.
    nonisolated(nonsending) func withPermit(
        for claim: AdmissionClaim = AdmissionClaim(),
        _ body: nonisolated(nonsending) (_ permit: Permit, _ hasWaited: Bool) async throws -> Void
    ) async throws {
        try Task.checkCancellation()
        let permit = Permit(self)
        defer { permit.release() }
        let hasWaited = try await take(permit, for: claim)
        try await body(permit, hasWaited)
    }
}
