internal import CCurl
internal import MartletUV

/// The sockets of a multi handle, watched from their opening to their end: to watch a connection anew for each request would
/// take more system calls than the request. On the loop's thread only.
final class CurlSockets {
    private struct Socket {
        var poll: SocketPoll?
        /// Whether it is a connection, whose end libcurl reports. The others are libcurl's own, between its threads.
        var isConnection = false
        /// Known since libcurl used it for the first time.
        var localPort: Int32?
        var isInUse = false
    }

    /// Called with a descriptor and libcurl's `CURL_CSELECT` bits.
    var onReady: (Int32, Int32) -> Void = { _, _ in }
    private let loop: EventLoop
    private var sockets: [Int32: Socket] = [:]
    /// Connections by their local ports.
    private var descriptors: [Int32: Int32] = [:]

    init(on loop: EventLoop) { self.loop = loop }

    /// Does what libcurl's socket callback asks.
    func watch(_ descriptor: Int32, _ what: Int32) {
        var events: SocketPoll.Events = []
        switch what {
        case CURL_POLL_IN: events = .readable
        case CURL_POLL_OUT: events = .writable
        case CURL_POLL_INOUT: events = [.readable, .writable]
        case CURL_POLL_REMOVE: return release(descriptor)
        default: return
        }
        var socket = sockets[descriptor] ?? Socket()
        socket.isInUse = true
        socket.poll = socket.poll ?? makePoll(descriptor)
        sockets[descriptor] = socket
        // Nil means out of memory: the transfer's timeouts end it.
        socket.poll?.watch(events)
    }

    /// libcurl has no use for a socket at the moment. A connection is idle then, or about to be closed; it stays watched, so
    /// that nothing has to change when it is used again.
    private func release(_ descriptor: Int32) {
        guard var socket = sockets[descriptor] else { return }
        guard socket.isConnection else {
            sockets[descriptor] = nil
            socket.poll?.close()
            return
        }
        socket.isInUse = false
        if socket.localPort == nil, let port = SocketPoll.localPort(of: descriptor) {
            socket.localPort = port
            descriptors[port] = descriptor
        }
        sockets[descriptor] = socket
    }

    private func makePoll(_ descriptor: Int32) -> SocketPoll? {
        try? SocketPoll(descriptor: descriptor, on: loop) { [weak self] in self?.isReady(descriptor, $0) }
    }

    private func isReady(_ descriptor: Int32, _ events: SocketPoll.Events) {
        guard let socket = sockets[descriptor] else { return }
        guard socket.isInUse else {
            // Its end, or bytes that nobody has asked for: libcurl sees them when it wants to use the connection again.
            socket.poll?.watch([])
            return
        }
        var what: Int32 = 0
        if events.contains(.readable) { what |= CURL_CSELECT_IN }
        if events.contains(.writable) { what |= CURL_CSELECT_OUT }
        // libcurl then finds the error itself and reports it more precisely.
        if events.contains(.failed) { what = CURL_CSELECT_IN | CURL_CSELECT_OUT }
        onReady(descriptor, what)
    }

    /// Whether the connection from a local port has bytes, or an end, that nobody has read.
    func hasUnexpectedBytes(from port: Int32) -> Bool { descriptors[port].map(SocketPoll.isReadable) ?? false }

    // MARK: Opening and closing

    /// Has libcurl tell of the connections that it opens and closes for an easy handle.
    func observe(_ easy: UnsafeMutableRawPointer) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_SOCKOPTDATA, this)
        ccurl_set_open_callback(easy) { this, descriptor, purpose in
            if purpose == CURLSOCKTYPE_IPCXN { CurlSockets.of(this).sockets[descriptor] = Socket(isConnection: true) }
            return CURL_SOCKOPT_OK
        }
        ccurl_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, this)
        ccurl_set_close_callback(easy) { this, descriptor in
            CurlSockets.of(this).didEnd(descriptor)
            return SocketPoll.close(descriptor)
        }
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> CurlSockets {
        // The pointer was set in `observe`.
        Unmanaged<CurlSockets>.fromOpaque(pointer!).takeUnretainedValue()
    }

    private func didEnd(_ descriptor: Int32) {
        guard let socket = sockets.removeValue(forKey: descriptor) else { return }
        socket.poll?.close()
        if let port = socket.localPort, descriptors[port] == descriptor { descriptors[port] = nil }
    }

    func close() {
        for socket in sockets.values { socket.poll?.close() }
        (sockets, descriptors) = ([:], [:])
    }
}
