/// Bytes to and from one peer, whatever carries them: a TCP socket today, a Unix socket or TLS without a change above.
///
/// Lives on one loop's thread. Calls its delegate from the loop, and never from inside `write`.
package protocol ByteTransport: AnyObject {
    /// Held until the transport has closed.
    var delegate: (any ByteTransportDelegate)? { get set }
    /// Bytes that `write` took and the system has not yet.
    var unsentByteCount: Int { get }
    func startReading()
    func stopReading()
    /// Sends all of `bytes` in order: at once as far as the system takes them, the rest as soon as it does.
    func write(_ bytes: borrowing Span<UInt8>)
    /// Tells the peer that nothing more comes, once everything written has left.
    func shutdown()
    /// Drops what is unsent and releases the peer. Calling it twice is harmless.
    func close()
}

/// Who a transport tells what happens.
package protocol ByteTransportDelegate: AnyObject {
    /// Bytes came in; they are valid during the call only.
    func transportDidRead(_ bytes: borrowing Span<UInt8>)
    /// The peer sends no more (FIN).
    func transportDidReachEnd()
    /// The peer is gone (RST or another error). The delegate closes the transport.
    func transportDidFail(_ error: UVError)
    /// Nothing is unsent any more, after something was.
    func transportDidDrain()
    /// The last call.
    func transportDidClose()
}
