internal import MartletUV

/// One client of a `TCPProxy`, and the connection to the server that it is forwarded to. On the loop's thread only.
final class ProxyConnection {
    private let loop: EventLoop
    private let number: Int
    private let fault: TCPFault
    /// Strong, because connections may outlive a test's reference. The connection's end breaks the cycle.
    private let proxy: TCPProxy
    private var client: ProxyEnd?
    /// Nil if the client is not forwarded.
    private var server: ProxyEnd?
    /// From the client and from the server; empty until both are connected.
    private var flows: [ProxyFlow] = []
    /// Whether both ends linger after a cut.
    private var isLingering = false

    private var ends: [ProxyEnd] { [client, server].compactMap { $0 } }

    init(number: Int, fault: TCPFault, of proxy: TCPProxy, on loop: EventLoop) {
        (self.number, self.fault, self.proxy, self.loop) = (number, fault, proxy, loop)
    }

    /// Takes ownership of the client's transport.
    func start(_ transport: TCPTransport, forwardingTo address: SocketAddress) {
        let client = ProxyEnd(transport, of: self)
        self.client = client
        switch fault.opening {
        case .refuse(.rst): client.reset()
        case .refuse(.fin): client.linger()
        case .blackHole: client.drain()
        case nil: connect(client, to: address)
        }
    }

    private func connect(_ client: ProxyEnd, to address: SocketAddress) {
        do throws(UVError) {
            let transport = try TCPTransport(on: loop, connectingTo: address) { [unowned self] error in
                if error == nil { forward() } else { reset() }
            }
            server = ProxyEnd(transport, of: self)
        } catch {
            client.reset()
        }
    }

    private func forward() {
        guard let client, let server, !client.isClosing, !server.isClosing else { return }
        let proxy = proxy
        let up = flow(from: client, to: server, fault.fromClient, stream: UInt64(number) * 2) { count in
            proxy.state.withLock { $0.bytesFromClients += count }
        }
        let down = flow(from: server, to: client, fault.fromServer, stream: UInt64(number) * 2 + 1) { count in
            proxy.state.withLock { $0.bytesFromServer += count }
        }
        flows = [up, down]
        for flow in flows { flow.pump() }
    }

    private func flow(
        from source: ProxyEnd, to destination: ProxyEnd, _ fault: DirectionFault, stream: UInt64,
        onForward: @escaping (Int) -> Void
    ) -> ProxyFlow {
        let flow = ProxyFlow(
            fault, stream: stream, from: source.transport, to: destination.transport, on: loop, onForward: onForward,
            onOutcome: { [unowned self] in didEnd($0) })
        source.fromPeer = flow
        destination.toPeer = flow
        return flow
    }

    /// Replaces the faults of a connection that is forwarded.
    func apply(_ fault: TCPFault) {
        guard let up = flows.first, let down = flows.last else { return }
        up.replaceFault(fault.fromClient)
        down.replaceFault(fault.fromServer)
    }

    func close() {
        for flow in flows { flow.cancel() }
        for end in ends { end.close() }
    }

    private func reset() {
        for flow in flows { flow.cancel() }
        for end in ends { end.reset() }
    }

    private func didEnd(_ outcome: ProxyFlow.Outcome) {
        switch outcome {
        case .finished: if flows.allSatisfy(\.isOver) { close() }
        case .cut(.rst): reset()
        case .cut(.fin):
            isLingering = true
            for flow in flows { flow.cancel() }
            for end in ends where !end.isClosing { end.linger() }
        }
    }

    func recordPending(_ flow: ProxyFlow) {
        let count = flow.pendingByteCount
        proxy.state.withLock { $0.mostPendingBytes = max($0.mostPendingBytes, count) }
    }

    /// Forwards a peer's reset after the bytes before it. What is sent to that peer is dropped.
    func didFail(_ end: ProxyEnd) {
        guard !isLingering, let other = ends.first(where: { $0 !== end }), !other.isClosing else { return }
        end.toPeer?.cancel()
        if let flow = end.fromPeer, !flow.isOver {
            other.drain()
            flow.receiveEnd(.rst)
        } else {
            other.reset()
        }
    }

    func didClose() {
        guard ends.allSatisfy(\.isClosed) else { return }
        for flow in flows { flow.cancel() }
        proxy.remove(number)
    }
}
