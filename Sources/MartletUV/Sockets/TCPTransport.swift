internal import CUV

/// A connected TCP socket on a loop.
package final class TCPTransport: ByteTransport {
    package var delegate: (any ByteTransportDelegate)?
    let loop: EventLoop
    let tcp: UnsafeMutablePointer<uv_tcp_t>
    private var isClosing = false
    private var isReading = false
    /// Bytes passed to `write`; after `close()` without those that were dropped.
    private var writtenByteCount = 0

    private var stream: UnsafeMutablePointer<uv_stream_t> {
        UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_stream_t.self)
    }

    /// An unconnected socket, which `Listener` accepts into. The libuv handle retains the transport until it is closed.
    init(on loop: EventLoop) throws(UVError) {
        self.loop = loop
        tcp = .allocate(capacity: 1)
        do throws(UVError) {
            try UVError.check(uv_tcp_init(loop.uvLoop, tcp), "make a socket")
        } catch {
            tcp.deallocate()
            throw error
        }
        tcp.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    /// A connected socket, which the transport owns; nil, with the socket closed, if libuv cannot use it.
    convenience init?(on loop: EventLoop, connected descriptor: Int32) {
        do throws(UVError) {
            try self.init(on: loop)
        } catch {
            closeDescriptor(descriptor)
            return nil
        }
        if uv_tcp_open(tcp, descriptor) != 0 {
            closeDescriptor(descriptor)
            close()
            return nil
        }
        didConnect()
    }

    func didConnect() { uv_tcp_nodelay(tcp, 1) }

    /// The socket's file descriptor; nil once it is closed.
    package var descriptor: Int? {
        var descriptor: uv_os_fd_t = -1
        let handle = UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_handle_t.self)
        return !isClosing && uv_fileno(handle, &descriptor) == 0 ? Int(descriptor) : nil
    }

    package var peerAddress: String? { descriptor.flatMap { SocketAddress.peer(of: Int32($0)) } }

    package var unsentByteCount: Int { isClosing ? 0 : uv_stream_get_write_queue_size(stream) }
    package var takenByteCount: Int { writtenByteCount - unsentByteCount }

    package func startReading() {
        if isReading || isClosing { return }
        isReading = true
        let code = uv_read_start(
            stream,
            { handle, _, buffer in
                let readBuffer = EventLoop.of(handle!.pointee.loop).readBuffer
                buffer?.pointee = uv_buf_init(readBuffer.baseAddress, UInt32(readBuffer.count))
            },
            { stream, count, buffer in
                let transport = Unmanaged<TCPTransport>.fromOpaque(stream!.pointee.data).takeUnretainedValue()
                transport.didRead(count, buffer?.pointee.base)
            })
        if code < 0 { delegate?.transportDidFail(UVError(code: code, operation: "read from a socket")) }
    }

    package func stopReading() {
        if !isReading || isClosing { return }
        isReading = false
        uv_read_stop(stream)
    }

    private func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
        if count > 0, let base {
            base.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
                delegate?.transportDidRead(UnsafeBufferPointer(start: bytes, count: count).span)
            }
        } else if count == Int(UV_EOF.rawValue) {
            stopReading()
            // libuv reports an end for a reset that arrives together with the last bytes.
            if let error = takePendingError() {
                delegate?.transportDidFail(error)
            } else {
                delegate?.transportDidReachEnd()
            }
        } else if count < 0 {
            delegate?.transportDidFail(UVError(code: Int32(count), operation: "read from a socket"))
        }
    }

    package func write(_ bytes: borrowing Span<UInt8>) {
        if isClosing || bytes.isEmpty { return }
        writtenByteCount += bytes.count
        bytes.withUnsafeBufferPointer { bytes in
            let base = UnsafeMutablePointer<CChar>(
                mutating: UnsafeRawPointer(bytes.baseAddress!).assumingMemoryBound(to: CChar.self))
            var buffer = uv_buf_init(base, UInt32(bytes.count))
            let sent = Int(uv_try_write(stream, &buffer, 1))
            // A permanent error appears again in the queued write, whose callback may report it to the delegate.
            let remaining = UnsafeBufferPointer(rebasing: bytes[max(0, sent)...])
            if !remaining.isEmpty { queue(remaining) }
        }
    }

    private func queue(_ bytes: UnsafeBufferPointer<UInt8>) {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        UnsafeMutableRawPointer(copy).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        var buffer = uv_buf_init(copy, UInt32(bytes.count))
        let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
        request.pointee.data = UnsafeMutableRawPointer(copy)
        let code = uv_write(request, stream, &buffer, 1) { request, status in
            guard let request, let stream = request.pointee.handle else { return }
            request.pointee.data.assumingMemoryBound(to: CChar.self).deallocate()
            request.deallocate()
            Unmanaged<TCPTransport>.fromOpaque(stream.pointee.data).takeUnretainedValue().didWrite(status)
        }
        if code < 0 {
            copy.deallocate()
            request.deallocate()
            close()
        }
    }

    private func didWrite(_ status: Int32) {
        if isClosing { return }
        if status < 0 {
            delegate?.transportDidFail(UVError(code: status, operation: "write to a socket"))
        } else {
            delegate?.transportDidWrite()
        }
    }

    package func shutdown() {
        if isClosing { return }
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let code = uv_shutdown(request, stream) { request, _ in request?.deallocate() }
        if code < 0 { request.deallocate() }
    }

    package func close() {
        if isClosing { return }
        writtenByteCount = takenByteCount
        isClosing = true
        uv_close(UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            let transport = Unmanaged<TCPTransport>.fromOpaque(handle!.pointee.data).takeRetainedValue()
            transport.didClose()
        }
    }

    /// Closes with a reset (RST), which discards what the peer has not read. For tests of clients.
    package func reset() {
        if isClosing { return }
        let taken = takenByteCount
        // libuv refuses this after `shutdown()`, whose FIN may have been sent.
        let code = uv_tcp_close_reset(tcp) { handle in
            let transport = Unmanaged<TCPTransport>.fromOpaque(handle!.pointee.data).takeRetainedValue()
            transport.didClose()
        }
        guard code == 0 else { return close() }
        writtenByteCount = taken
        isClosing = true
    }

    private func didClose() {
        tcp.deallocate()
        let delegate = delegate
        self.delegate = nil
        delegate?.transportDidClose()
    }
}
