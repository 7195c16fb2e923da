internal import CUV

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

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

    /// The port of a socket's own address; nil if it has none, or is closed.
    package static func localPort(of descriptor: Int32) -> Int32? {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            let code = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
            if code != 0 { return nil }
            switch Int32(pointer.pointee.ss_family) {
            case AF_INET:
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    Int32(UInt16(bigEndian: $0.pointee.sin_port))
                }
            case AF_INET6:
                return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    Int32(UInt16(bigEndian: $0.pointee.sin6_port))
                }
            default: return nil
            }
        }
    }

    /// Whether a socket has bytes, or an end, that nobody has read.
    package static func isReadable(_ descriptor: Int32) -> Bool {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptors, 1, 0) > 0
    }

    /// Closes a socket; returns what the system call does.
    package static func close(_ descriptor: Int32) -> Int32 { closeDescriptor(descriptor) }

    private let handle: UnsafeMutablePointer<uv_poll_t>
    private let onReady: (Events) -> Void
    private var watched: Events = []
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
        if isClosed || events == watched { return }
        watched = events
        let code = uv_poll_start(handle, events.rawValue) { handle, status, events in
            let poll = Unmanaged<SocketPoll>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
            // The callback may close the poll and release its last reference.
            withExtendedLifetime(poll) {
                // libuv watches no more after an error.
                if status < 0 { poll.watched = [] }
                poll.onReady(status < 0 ? .failed : Events(rawValue: events))
            }
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

/// `close` of the system, which the method of that name hides.
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
