package import MartletHTTP
package import MartletUV

/// Outgoing HTTP on an existing loop, whose thread also uses the responses: nothing is buffered and no task is resumed
/// between the socket and the receiver. It has its own pool of connections and lives as long as the loop.
///
/// On the loop's thread only.
package final class CurlLoop {
    private let multi: CurlMulti

    /// - Throws: `TransportError` if libcurl cannot be set up.
    package init(on loop: EventLoop, settings: CurlSettings = CurlSettings()) throws(TransportError) {
        let multi = try CurlMulti(on: loop, settings: settings)
        self.multi = multi
        loop.onEnd { multi.close() }
    }

    /// Starts a transfer, which retains `receiver` until its end. The receiver may be called before this returns, but not
    /// with the end. It must not be called within a call of a receiver, except `didEnd`.
    ///
    /// - Throws: `TransportError`; the receiver is not called then.
    package func begin(
        _ request: OutgoingRequest, to receiver: any CurlReceiver
    ) throws(TransportError) -> CurlLoopTransfer {
        try multi.begin(request, to: receiver)
    }

    /// Ends all transfers with `cancelled` and closes all connections. Later requests fail.
    func close() { multi.close() }
}

/// A transfer of a `CurlLoop`, also after its end, when its methods have no effect. On the loop's thread only, and not within
/// a call of its receiver.
package struct CurlLoopTransfer {
    private let easy: CurlEasy
    /// The handle is used for other transfers after this one.
    private let number: Int
    private let multi: CurlMulti

    init(_ easy: CurlEasy, of multi: CurlMulti) { (self.easy, number, self.multi) = (easy, easy.number, multi) }

    /// Goes on after the receiver has paused it.
    package func resume() { if easy.number == number { multi.resume(easy) } }

    /// Ends the transfer and closes its connection, unless the response is complete. The receiver is not called any more.
    package func cancel() { if easy.number == number { multi.remove(easy) } }
}
