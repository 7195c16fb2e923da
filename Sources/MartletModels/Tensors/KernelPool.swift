internal import CMartletKernels
internal import MartletUV

/// Threads that share the arithmetic of forward passes. Several models may have one pool: their passes take turns, so
/// that together they use no more processors than one.
///
/// Unchecked, because `pool` is used within `inTurn` alone, which one thread at a time is in.
public final class KernelPool: @unchecked Sendable {
    let pool: OpaquePointer
    private let turn = Locked(())

    /// - Parameter threads: Threads that share each pass, including the caller's.
    public init(threads: Int) { pool = martlet_pool_create(threads) }

    deinit { martlet_pool_destroy(pool) }

    /// Runs a pass when no other pass of the pool runs.
    func inTurn<Result>(_ pass: () -> Result) -> Result { turn.withLock { _ in pass() } }
}
