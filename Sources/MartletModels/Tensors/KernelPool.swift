internal import CMartletKernels
internal import MartletUV

/// Threads that share the arithmetic of forward passes. Several models may have one pool: their passes take turns, so
/// that together they use no more processors than one.
///
/// Unchecked, because one thread at a time uses `pool`: models that share it run each pass within `inTurn`, and a pool
/// that is not shared belongs to one engine's thread.
public final class KernelPool: @unchecked Sendable {
    let pool: OpaquePointer
    private let turn = Locked(())

    /// - Parameter threads: Threads that share each pass, including the caller's.
    public init(threads: Int) { pool = martlet_pool_create(threads) }

    deinit { martlet_pool_destroy(pool) }

    /// Runs a pass when no other pass of the pool runs.
    func inTurn<Result>(_ pass: () -> Result) -> Result { turn.withLock { _ in pass() } }
}
