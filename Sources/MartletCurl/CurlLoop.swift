package import MartletHTTP
package import MartletUV

/// Outgoing HTTP on an existing loop, whose thread also uses the responses: nothing is buffered and no task is resumed
/// between the socket and the receiver. It has its own pool of connections and lives as long as the loop.
///
/// On the loop's thread only.
package final class CurlLoop {
    private let multi: CurlMulti
    private let settings: CurlSettings

    /// - Throws: `TransportError` if libcurl cannot be set up.
    package init(on loop: EventLoop, settings: CurlSettings = CurlSettings()) throws(TransportError) {
        let multi = try CurlMulti(on: loop)
        (self.multi, self.settings) = (multi, settings)
        loop.onEnd { multi.close() }
    }

    /// Starts a transfer, which retains `receiver` until its end.
    ///
    /// - Throws: `TransportError`; the receiver is not called then.
    package func begin(
        _ request: OutgoingRequest, to receiver: any CurlReceiver
    ) throws(TransportError) -> CurlLoopTransfer {
        let easy = try CurlEasy(request, settings: settings, for: receiver)
        guard multi.add(easy, for: receiver) else {
            throw TransportError(.other, "The transport was shut down.")
        }
        return CurlLoopTransfer(easy, of: multi)
    }
}

/// A transfer of a `CurlLoop`. On the loop's thread only, and not within a call of its receiver.
package struct CurlLoopTransfer {
    private let easy: CurlEasy
    private let multi: CurlMulti

    init(_ easy: CurlEasy, of multi: CurlMulti) { (self.easy, self.multi) = (easy, multi) }

    /// Goes on after the receiver has paused it.
    package func resume() { multi.resume(easy) }

    /// Ends the transfer and closes its connection, unless the response is complete. The receiver is not called any more.
    package func cancel() { multi.remove(easy) }
}
