/// A byte stream to and from one peer, independent of what carries it: a TCP socket today, later Unix sockets and TLS.
///
/// Lives on one loop's thread. Calls its delegate from the loop, and never from inside `write`.
package protocol ByteTransport: AnyObject {
    /// Retained until the transport has closed.
    var delegate: (any ByteTransportDelegate)? { get set }
    /// Bytes passed to `write` that the system has not taken yet. 0 once closed.
    var unsentByteCount: Int { get }
    /// Bytes passed to `write` that the system has taken, over the transport's lifetime. Remains valid once closed.
    var takenByteCount: Int { get }
    /// The address of the peer, without a port; nil if there is none, and once closed.
    var peerAddress: String? { get }
    func startReading()
    func stopReading()
    /// Sends all of `bytes` in order: immediately as far as the system takes them, the rest as soon as it does.
    func write(_ bytes: borrowing Span<UInt8>)
    /// Sends the end of the stream (FIN) after everything that was written.
    func shutdown()
    /// Drops unsent bytes and releases the peer. Idempotent.
    func close()
}

/// Receives the events of a transport.
package protocol ByteTransportDelegate: AnyObject {
    /// Bytes arrived; they are valid during the call only.
    func transportDidRead(_ bytes: borrowing Span<UInt8>)
    /// The peer has ended its stream (FIN).
    func transportDidReachEnd()
    /// The connection failed (RST or another error). The delegate must close the transport.
    func transportDidFail(_ error: UVError)
    /// The system has taken bytes that were unsent when `write` returned; `unsentByteCount` is what remains.
    func transportDidWrite()
    /// The last call.
    func transportDidClose()
}
