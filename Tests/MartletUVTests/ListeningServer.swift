import MartletUV
import Testing

/// A listener on a loop whose connections log their events and call `onRead`.
final class ListeningServer: Sendable {
    /// One accepted connection. On the loop's thread only.
    final class Connection: ByteTransportDelegate {
        let transport: TCPTransport
        private let server: ListeningServer
        private(set) var received: [UInt8] = []

        fileprivate init(_ transport: TCPTransport, _ server: ListeningServer) {
            self.transport = transport
            self.server = server
            transport.delegate = self
            transport.startReading()
        }

        func transportDidRead(_ bytes: borrowing Span<UInt8>) {
            received += bytes.withUnsafeBufferPointer(Array.init)
            server.onRead(self, bytes.withUnsafeBufferPointer(Array.init))
        }
        func transportDidReachEnd() { server.log.record("end") }
        func transportDidFail(_ error: UVError) {
            server.log.record(error.name)
            transport.close()
        }
        func transportDidWrite() {
            if transport.unsentByteCount == 0 { server.log.record("drain") }
        }
        func transportDidClose() {
            server.log.record("close")
            server.state.withValue { $0.connections.removeAll { $0 === self } }
        }
    }

    fileprivate struct State {
        var listener: Listener?
        var connections: [Connection] = []
        var maximumCount: Int
    }

    static let echo: @Sendable (Connection, [UInt8]) -> Void = { $0.transport.write($1.span) }

    let loop: EventLoop
    let port: Int
    let log = Log()
    fileprivate let state: LoopBound<State>
    private let onRead: @Sendable (Connection, [UInt8]) -> Void

    /// Runs `body` with a server on a free port.
    static func with(
        maximumCount: Int = .max,
        onRead: @escaping @Sendable (Connection, [UInt8]) -> Void = { _, _ in },
        _ body: (ListeningServer) async throws -> Void
    ) async throws {
        SignalWatcher.ignoreBrokenPipes()
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: 0)
        let socket = try #require(try ListeningSocket.bind(to: address, count: 1).first)
        try await EventLoop.with { loop in
            let server = ListeningServer(loop, port: socket.address.port, maximumCount: maximumCount, onRead: onRead)
            try await server.listen(on: socket)
            do {
                try await body(server)
                await server.close()
            } catch {
                await server.close()
                throw error
            }
        }
    }

    private init(
        _ loop: EventLoop, port: Int, maximumCount: Int, onRead: @escaping @Sendable (Connection, [UInt8]) -> Void
    ) {
        self.loop = loop
        self.port = port
        self.onRead = onRead
        state = LoopBound(State(maximumCount: maximumCount), on: loop)
    }

    private func listen(on socket: ListeningSocket) async throws {
        try await loop.run { () -> Result<Void, UVError> in
            Result { () throws(UVError) in
                let listener = try Listener(
                    on: self.loop, socket: socket,
                    hasRoom: { self.state.withValue { $0.connections.count < $0.maximumCount } },
                    onAccept: { transport in
                        let connection = Connection(transport, self)
                        self.state.withValue { $0.connections.append(connection) }
                    })
                self.state.withValue { $0.listener = listener }
            }
        }.get()
    }

    private func close() async {
        await on { state in
            state.listener?.close()
            for connection in state.connections { connection.transport.close() }
        }
        await eventually("the connections' end") { await on { $0.connections.isEmpty } }
        await on { $0.listener = nil }
    }

    @discardableResult
    private func on<Value: Sendable>(_ body: @escaping @Sendable (inout State) -> Value) async -> Value {
        await loop.run { [state] in state.withValue { body(&$0) } }
    }

    /// Runs `body` on the loop with the connection that was accepted last, once there is one.
    @discardableResult
    func withLast<Value: Sendable>(_ body: @escaping @Sendable (Connection) -> Value) async throws -> Value {
        await eventually("a connection") { await connectionCount > 0 }
        let value = await loop.run { [state] in state.withValue { $0.connections.last }.map(body) }
        return try #require(value)
    }

    var connectionCount: Int { get async { await on { $0.connections.count } } }

    func closeOldest() async throws {
        let count = await connectionCount
        await on { $0.connections.first?.transport.close() }
        await eventually("the oldest connection's end") { await connectionCount < count }
    }

    func closeListener() async { await on { $0.listener?.close() } }

    func resume() async {
        await loop.run { [state] in state.withValue { $0.listener }?.resume() }
    }
}
