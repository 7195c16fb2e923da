internal import CUV

/// A timer with a resolution of one millisecond, where the 250 ms of a `DeadlineClock` are too coarse. On the loop's
/// thread only.
package final class LoopTimer {
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private let onExpiry: () -> Void
    private var isClosed = false

    package init(on loop: EventLoop, onExpiry: @escaping () -> Void) {
        self.onExpiry = onExpiry
        handle = .allocate(capacity: 1)
        uv_timer_init(loop.uvLoop, handle)
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    /// Expires once after `milliseconds`; replaces an earlier start.
    package func start(milliseconds: UInt64) {
        if isClosed { return }
        uv_timer_start(
            handle,
            { handle in
                Unmanaged<LoopTimer>.fromOpaque(handle!.pointee.data).takeUnretainedValue().onExpiry()
            }, milliseconds, 0)
    }

    /// Cancels a pending expiry.
    package func stop() {
        if !isClosed { uv_timer_stop(handle) }
    }

    /// Idempotent.
    package func close() {
        if isClosed { return }
        isClosed = true
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_timer_t.self).deallocate()
        }
    }
}
