internal import CUV

#if canImport(Glibc)
    internal import Glibc
    private let systemAccept = Glibc.accept
#else
    internal import Darwin
    private let systemAccept = Darwin.accept
#endif

/// Accepts connections on one loop. On the loop's thread only.
package final class Listener {
    private static let backlog: Int32 = 1024

    private let loop: EventLoop
    private let tcp: UnsafeMutablePointer<uv_tcp_t>
    private let onAccept: (TCPTransport) -> Void
    private let hasRoom: () -> Bool
    private var isClosing = false
    /// Whether a connection was left in the queue for lack of room: libuv then stops polling the listening socket.
    private var isPaused = false

    private var stream: UnsafeMutablePointer<uv_stream_t> {
        UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_stream_t.self)
    }

    /// Listens on `socket` and takes ownership of it, also if this throws. Connections wait in the system's queue while
    /// `hasRoom` returns false; `resume()` asks again.
    package init(
        on loop: EventLoop, socket: ListeningSocket, hasRoom: @escaping () -> Bool,
        onAccept: @escaping (TCPTransport) -> Void
    ) throws(UVError) {
        self.loop = loop
        self.hasRoom = hasRoom
        self.onAccept = onAccept
        tcp = .allocate(capacity: 1)
        uv_tcp_init(loop.uvLoop, tcp)
        tcp.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        do throws(UVError) {
            try UVError.check(uv_tcp_open(tcp, socket.descriptor), "open the listening socket")
        } catch {
            // The handle has not taken the descriptor, so that closing it would leave the socket open.
            socket.close()
            close()
            throw error
        }
        do throws(UVError) {
            try UVError.check(
                uv_listen(stream, Self.backlog) { stream, status in
                    guard status >= 0, let stream else { return }
                    Unmanaged<Listener>.fromOpaque(stream.pointee.data).takeUnretainedValue().accept()
                }, "listen on port \(socket.address.port)")
        } catch {
            close()
            throw error
        }
    }

    private func accept() {
        guard hasRoom() else {
            isPaused = true
            return
        }
        guard let transport = try? TCPTransport(on: loop) else { return }
        let peer = UnsafeMutableRawPointer(transport.tcp).assumingMemoryBound(to: uv_stream_t.self)
        guard uv_accept(stream, peer) == 0 else { return transport.close() }
        transport.didConnect()
        onAccept(transport)
    }

    /// Accepts the connection that was left in the queue, if there is room now.
    package func resume() {
        guard isPaused, !isClosing, hasRoom() else { return }
        isPaused = false
        accept()
    }

    /// Accepts the connections that are in the system's queue, as far as there is room, then stops accepting: closing the
    /// socket would reset them.
    package func closeAfterBacklog() {
        resume()
        for _ in 0..<Self.backlog {
            guard !isClosing, !isPaused, hasRoom(), let transport = acceptNow() else { break }
            onAccept(transport)
        }
        close()
    }

    /// The next connection in the system's queue. `uv_accept` works within the callback only.
    private func acceptNow() -> TCPTransport? {
        var descriptor: uv_os_fd_t = -1
        let handle = UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_handle_t.self)
        guard uv_fileno(handle, &descriptor) == 0 else { return nil }
        let accepted = systemAccept(descriptor, nil, nil)
        if accepted < 0 { return nil }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return TCPTransport(on: loop, connected: accepted)
    }

    /// Stops accepting. Idempotent.
    package func close() {
        if isClosing { return }
        isClosing = true
        uv_close(UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_tcp_t.self).deallocate()
        }
    }
}
