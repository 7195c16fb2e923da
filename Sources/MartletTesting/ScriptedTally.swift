internal import Martlet
internal import Synchronization

/// What the copies of a `ScriptedBackend` share.
final class ScriptedTally: Sendable {
    let started = Gauge()
    let finished = Gauge()
    let cancelled = Gauge()
    let failed = Gauge()
    private let calls = Atomic(0)
    private let readiness = Atomic(true)

    var isReady: Bool {
        get { readiness.load(ordering: .acquiring) }
        set { readiness.store(newValue, ordering: .releasing) }
    }

    /// The number of a call, from 0.
    func nextCall() -> Int { calls.add(1, ordering: .relaxed).oldValue }
}
