/// Sends a client's requests and receives their responses: libcurl in production, a script in tests.
public protocol HTTPTransport: Sendable {
    /// Starts a transfer and returns at once; the transfer reports every failure.
    func begin(_ request: OutgoingRequest) -> any HTTPTransfer
}

/// One outgoing request and its response. One task at a time calls `head()` and `next()`; any thread may call `cancel()`.
///
/// A transfer buffers received bytes up to a limit and then pauses the peer. A reader that stops before the end must
/// call `cancel()`.
public protocol HTTPTransfer: AnyObject, Sendable {
    /// Status and fields of the final response, once they have arrived.
    ///
    /// - Throws: `TransportError`; its kind is `cancelled` also when the calling task is cancelled.
    func head() async throws(TransportError) -> IncomingHead

    /// All bytes of the content that have arrived since the last call, at least one; nil at the end.
    ///
    /// - Throws: As `head()`, after all bytes that arrived before the failure have been returned.
    func next() async throws(TransportError) -> [UInt8]?

    /// Ends the transfer and closes its connection, unless the response is complete. Pending calls throw `cancelled`.
    func cancel()
}
