internal import CMartletKernels
internal import MartletUV

/// Threads that share the arithmetic of forward passes. Several models may have one pool: they take turns, so that
/// together they use no more processors than one.
///
/// Unchecked, because one thread at a time uses `pool`: it is available within `inTurn` only.
public final class KernelPool: @unchecked Sendable {
    private let pool: OpaquePointer
    private let turn = Locked(())

    /// - Parameter threads: Threads that share each pass, including the caller's.
    public init(threads: Int) { pool = martlet_pool_create(threads) }

    deinit { martlet_pool_destroy(pool) }

    /// Runs `body` when no other use of the pool runs. It must neither use the pool again nor let the pointer escape.
    func inTurn<Result>(_ body: (OpaquePointer) -> Result) -> Result { turn.withLock { _ in body(pool) } }
}
