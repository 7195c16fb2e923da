internal import CUV

extension TCPTransport {
    /// Begins to connect to `address`.
    ///
    /// - Parameter onConnect: Called once from the loop, never within this call: with nil when the socket is connected,
    ///   with the error when it cannot be, after which the transport must be closed, and with `ECANCELED` when the
    ///   transport is closed before either.
    package convenience init(
        on loop: EventLoop, connectingTo address: SocketAddress, onConnect: @escaping (UVError?) -> Void
    ) throws(UVError) {
        try self.init(on: loop)
        let connecting = Connecting(port: address.port, onConnect: onConnect)
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(connecting).toOpaque()
        let code = address.withSockaddr { address, _ in
            uv_tcp_connect(request, tcp, address) { request, status in
                guard let request, let stream = request.pointee.handle else { return }
                let connecting = Unmanaged<Connecting>.fromOpaque(request.pointee.data).takeRetainedValue()
                request.deallocate()
                Unmanaged<TCPTransport>.fromOpaque(stream.pointee.data).takeUnretainedValue()
                    .didConnect(status, connecting)
            }
        }
        if code < 0 {
            Unmanaged<Connecting>.fromOpaque(request.pointee.data).release()
            request.deallocate()
            close()
            throw connecting.error(code)
        }
    }

    private func didConnect(_ status: Int32, _ connecting: Connecting) {
        if status == 0 { didConnect() }
        connecting.onConnect(status == 0 ? nil : connecting.error(status))
    }
}

/// What libuv's request carries.
private final class Connecting {
    private let port: Int
    let onConnect: (UVError?) -> Void

    init(port: Int, onConnect: @escaping (UVError?) -> Void) {
        self.port = port
        self.onConnect = onConnect
    }

    func error(_ code: Int32) -> UVError { UVError(code: code, operation: "connect to port \(port)") }
}
