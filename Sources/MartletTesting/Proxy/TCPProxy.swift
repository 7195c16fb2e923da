internal import MartletUV

/// A TCP proxy on 127.0.0.1 that injects the faults of a network, for tests of clients, servers and gateways.
///
/// ```swift
/// let proxy = try await TCPProxy.start(to: server.port)
/// proxy.fault = .cut(afterBytes: 1200, direction: .fromServer)
/// ```
///
/// Without a fault every byte is forwarded unchanged in both directions, as are the end of a stream (FIN), and a reset
/// (RST) after the bytes before it. A slow reader slows its sender: per connection and direction the proxy stores at most
/// 256 KiB and one read of 64 KiB. While reading is paused, the end of that sender is not seen. A client whose server cannot
/// be reached is reset.
public final class TCPProxy: Sendable {
    struct State {
        var fault = TCPFault.none
        var plan: (@Sendable (Int) -> TCPFault)?
        var connectionCount = 0
        var openConnections = 0
        var bytesFromClients = 0
        var bytesFromServer = 0
        var mostPendingBytes = 0
    }

    /// What belongs to the loop.
    private struct OnLoop {
        var listener: Listener?
        var connections: [Int: ProxyConnection] = [:]
        var isShutDown = false
    }

    private let loop: EventLoop
    private let onLoop: LoopBound<OnLoop>
    private let address: SocketAddress
    private let server: SocketAddress
    let state = Locked(State())

    /// The port on 127.0.0.1.
    public var port: Int { address.port }

    /// Forwards connections from a free port of 127.0.0.1 to `port`, also of 127.0.0.1, until `shutDown()`.
    public static func start(to port: Int, fault: TCPFault = .none) async throws -> TCPProxy {
        let server = try SocketAddress.resolve(host: "127.0.0.1", port: port)
        let socket = try ListeningSocket.bind(to: server.with(port: 0), count: 1)[0]
        let loop: EventLoop
        do {
            loop = try EventLoop()
        } catch {
            socket.close()
            throw error
        }
        let proxy = TCPProxy(on: loop, at: socket.address, forwardingTo: server)
        proxy.fault = fault
        do {
            try await proxy.listen(on: socket)
        } catch {
            await proxy.shutDown()
            throw error
        }
        return proxy
    }

    private init(on loop: EventLoop, at address: SocketAddress, forwardingTo server: SocketAddress) {
        (self.loop, self.address, self.server) = (loop, address, server)
        onLoop = LoopBound(OnLoop(), on: loop)
    }

    // MARK: Faults

    /// The fault of connections that are accepted from now on, unless there is a plan. Open connections keep theirs.
    public var fault: TCPFault {
        get { state.withLock { $0.fault } }
        set { state.withLock { $0.fault = newValue } }
    }

    /// The fault of each connection that is accepted from now on, by its number from 0; nil to use `fault`.
    public var plan: (@Sendable (Int) -> TCPFault)? {
        get { state.withLock { $0.plan } }
        set { state.withLock { $0.plan = newValue } }
    }

    /// Replaces the fault of all open connections, also for bytes that have arrived and not been forwarded, and of new ones,
    /// without a plan. In effect on return. A connection that was refused or is in a black hole stays there.
    public func apply(_ fault: TCPFault) async {
        state.withLock { ($0.fault, $0.plan) = (fault, nil) }
        await loop.perform {
            for connection in self.onLoop.withValue({ Array($0.connections.values) }) { connection.apply(fault) }
        }
    }

    /// Closes the port, so that new connections are refused by the system. Open connections continue.
    public func closePort() async {
        await loop.perform {
            self.onLoop.withValue { $0.listener.take() }?.close()
        }
    }

    /// Opens the port again, which must still be free; nothing happens if it is open.
    public func openPort() async throws {
        let isOpen = await loop.perform { self.onLoop.withValue { $0.listener != nil } }
        if isOpen == false { try await listen(on: ListeningSocket.bind(to: address, count: 1)[0]) }
    }

    // MARK: Counters

    /// The number of connections so far.
    public var connectionCount: Int { state.withLock { $0.connectionCount } }

    /// The number of clients whose connection, or whose connection to the server, is open.
    public var openConnections: Int { state.withLock { $0.openConnections } }

    /// The number of bytes that were forwarded to the server.
    public var bytesFromClients: Int { state.withLock { $0.bytesFromClients } }

    /// The number of bytes that were forwarded to clients.
    public var bytesFromServer: Int { state.withLock { $0.bytesFromServer } }

    /// The most bytes that the proxy has stored for one direction of a connection.
    var mostPendingBytes: Int { state.withLock { $0.mostPendingBytes } }

    /// Closes the port and every connection, and ends the thread. Idempotent.
    public func shutDown() async {
        loop.atEndOfTurn {
            let (listener, connections) = self.onLoop.withValue { onLoop in
                onLoop.isShutDown = true
                return (onLoop.listener.take(), Array(onLoop.connections.values))
            }
            listener?.close()
            for connection in connections { connection.close() }
        }
        await loop.stop()
    }

    // MARK: On the loop

    /// Takes ownership of the socket.
    private func listen(on socket: ListeningSocket) async throws {
        let result = await loop.perform { () -> Result<Void, UVError> in
            Result { () throws(UVError) in try self.listenOnLoop(socket) }
        }
        guard let result else { return socket.close() }
        try result.get()
    }

    private func listenOnLoop(_ socket: ListeningSocket) throws(UVError) {
        if onLoop.withValue({ $0.isShutDown || $0.listener != nil }) { return socket.close() }
        let listener = try Listener(
            on: loop, socket: socket, hasRoom: { true }, onAccept: { [weak self] transport in self?.accept(transport) })
        onLoop.withValue { $0.listener = listener }
    }

    private func accept(_ transport: TCPTransport) {
        let (number, fault, plan) = state.withLock { state in
            state.openConnections += 1
            state.connectionCount += 1
            return (state.connectionCount - 1, state.fault, state.plan)
        }
        let connection = ProxyConnection(number: number, fault: plan?(number) ?? fault, of: self, on: loop)
        onLoop.withValue { $0.connections[number] = connection }
        connection.start(transport, forwardingTo: server)
    }

    func remove(_ number: Int) {
        onLoop.withValue { $0.connections[number] = nil }
        state.withLock { $0.openConnections -= 1 }
    }
}

/// Runs a `TCPProxy` during `body` and shuts it down on every path.
public nonisolated(nonsending) func withTCPProxy<Result>(
    to port: Int, fault: TCPFault = .none, body: nonisolated(nonsending) (TCPProxy) async throws -> Result
) async throws -> Result {
    let proxy = try await TCPProxy.start(to: port, fault: fault)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(proxy)) } catch { result = .failure(error) }
    await proxy.shutDown()
    return try result.get()
}
