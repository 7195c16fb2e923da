internal import CUV

/// Watches a socket that other code reads and writes, such as libcurl. On the loop's thread only.
package final class SocketPoll {
    /// The operations that a socket is ready for.
    package struct Events: OptionSet, Sendable {
        package let rawValue: Int32
        package init(rawValue: Int32) { self.rawValue = rawValue }

        package static let readable = Events(rawValue: 1)
        package static let writable = Events(rawValue: 2)
        /// The socket can no longer be watched. Reported only, never requested.
        package static let failed = Events(rawValue: 1 << 16)
    }

    private let handle: UnsafeMutablePointer<uv_poll_t>
    private let onReady: (Events) -> Void
    private var isClosed = false

    /// Watches for nothing until `watch`. Does not own the descriptor.
    package init(descriptor: Int32, on loop: EventLoop, onReady: @escaping (Events) -> Void) throws(UVError) {
        self.onReady = onReady
        handle = .allocate(capacity: 1)
        let code = uv_poll_init(loop.uvLoop, handle, descriptor)
        if code < 0 {
            handle.deallocate()
            throw UVError(code: code, operation: "watch a socket")
        }
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    /// Replaces the watched events.
    package func watch(_ events: Events) {
        if isClosed { return }
        let code = uv_poll_start(handle, events.rawValue) { handle, status, events in
            let poll = Unmanaged<SocketPoll>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
            // The callback may close the poll and release its last reference.
            withExtendedLifetime(poll) { poll.onReady(status < 0 ? .failed : Events(rawValue: events)) }
        }
        if code < 0 { onReady(.failed) }
    }

    /// Stops watching; the descriptor may be closed right after. Idempotent.
    package func close() {
        if isClosed { return }
        isClosed = true
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_poll_t.self).deallocate()
        }
    }
}
