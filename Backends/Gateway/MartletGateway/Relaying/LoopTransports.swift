internal import MartletCurl
internal import MartletHTTP
internal import MartletUV

/// A transport on each of the server's loops, made when the loop relays its first request.
final class LoopTransports: Sendable {
    private let known = Locked<[ObjectIdentifier: LoopBound<CurlLoop>]>([:])

    /// The loop's transport; on its thread only.
    func transport(on loop: EventLoop) throws(TransportError) -> LoopBound<CurlLoop> {
        if let transport = known.withLock({ $0[ObjectIdentifier(loop)] }) { return transport }
        let made = LoopBound(try CurlLoop(on: loop), on: loop)
        known.withLock { $0[ObjectIdentifier(loop)] = made }
        loop.onEnd { [weak self] in _ = self?.known.withLock { $0.removeValue(forKey: ObjectIdentifier(loop)) } }
        return made
    }
}
