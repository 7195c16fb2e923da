internal import CUV

/// One timer of a loop, to the millisecond, where a `DeadlineClock`'s quarter of a second is too coarse. On the loop's
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

    /// Expires once after so many milliseconds; whatever was set before is forgotten.
    package func start(milliseconds: UInt64) {
        if isClosed { return }
        uv_timer_start(
            handle,
            { handle in
                Unmanaged<LoopTimer>.fromOpaque(handle!.pointee.data).takeUnretainedValue().onExpiry()
            }, milliseconds, 0)
    }

    /// Does not expire.
    package func stop() {
        if !isClosed { uv_timer_stop(handle) }
    }

    /// Calling it twice is harmless.
    package func close() {
        if isClosed { return }
        isClosed = true
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_timer_t.self).deallocate()
        }
    }
}
