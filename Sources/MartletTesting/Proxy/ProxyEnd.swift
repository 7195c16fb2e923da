internal import MartletUV

/// One of the two sockets of a proxied connection. On the loop's thread only.
final class ProxyEnd: ByteTransportDelegate {
    let transport: TCPTransport
    private unowned let connection: ProxyConnection
    /// Carries what the peer sends; nil if it is dropped.
    var fromPeer: ProxyFlow?
    /// Carries what is sent to the peer; nil if nothing is.
    var toPeer: ProxyFlow?
    /// Whether the peer has ended its stream.
    private(set) var hasEnded = false
    private(set) var isClosing = false
    private(set) var isClosed = false

    /// Takes ownership of the transport.
    init(_ transport: TCPTransport, of connection: ProxyConnection) {
        self.transport = transport
        self.connection = connection
        transport.delegate = self
    }

    /// Sends the end of the stream, then drops what the peer sends until it ends too.
    func linger() {
        if hasEnded { return close() }
        transport.shutdown()
        drain()
    }

    /// Reads to see the peer's end; what is read is dropped unless a flow takes it.
    func drain() {
        if !hasEnded { transport.startReading() }
    }

    func close() {
        isClosing = true
        transport.close()
    }

    func reset() {
        isClosing = true
        transport.reset()
    }

    func transportDidRead(_ bytes: borrowing Span<UInt8>) {
        guard let fromPeer, !fromPeer.isOver else { return }
        fromPeer.receive(bytes.withUnsafeBufferPointer(Array.init))
        connection.recordPending(fromPeer)
    }

    func transportDidReachEnd() {
        hasEnded = true
        if let fromPeer, !fromPeer.isOver { fromPeer.receiveEnd(.fin) } else { close() }
    }

    func transportDidFail(_ error: UVError) {
        close()
        connection.didFail(self)
    }

    func transportDidWrite() { toPeer?.pump() }

    func transportDidClose() {
        isClosed = true
        // The transport closes by itself when the system refuses a write.
        if !isClosing { connection.didFail(self) }
        connection.didClose()
    }
}
