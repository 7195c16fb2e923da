import MartletUV
import Testing

@Suite(.timeLimit(.minutes(2)))
struct TCPConnectingTests {
    /// Logs its events, and keeps what it reads.
    private final class Connection: ByteTransportDelegate {
        var transport: TCPTransport?
        private let log: Log

        init(_ log: Log) { self.log = log }

        func transportDidRead(_ bytes: borrowing Span<UInt8>) {
            log.record("read \(bytes.withUnsafeBufferPointer(Array.init))")
        }
        func transportDidReachEnd() { log.record("end") }
        func transportDidFail(_ error: UVError) { log.record(error.name) }
        func transportDidWrite() {}
        func transportDidClose() { log.record("close") }
    }

    /// Begins to connect on `loop`, then calls `body` at once, and `onConnect` with the connection.
    private func connect(
        to port: Int, on loop: EventLoop, log: Log, then body: @escaping @Sendable (TCPTransport) -> Void = { _ in },
        onConnect: @escaping @Sendable (TCPTransport) -> Void
    ) async throws {
        let address = try SocketAddress.resolve(host: "127.0.0.1", port: port)
        try await loop.run { () -> Result<Void, UVError> in
            Result { () throws(UVError) in
                let connection = Connection(log)
                let transport = try TCPTransport(on: loop, connectingTo: address) { error in
                    log.record(error.map { "\($0.name) \($0)" } ?? "connected")
                    if let transport = connection.transport, error == nil { onConnect(transport) }
                    if error != nil { connection.transport?.close() }
                    connection.transport = nil
                }
                transport.delegate = connection
                connection.transport = transport
                log.record("connecting")
                body(transport)
            }
        }.get()
    }

    @Test func `a connected transport writes, reads and knows what its peer has acknowledged`() async throws {
        try await ListeningServer.with(onRead: ListeningServer.echo) { server in
            let log = Log()
            let counts = Locked<[Int]>([])
            try await connect(to: server.port, on: server.loop, log: log) { transport in
                counts.withLock { $0.append(transport.unacknowledgedByteCount) }
                transport.startReading()
                transport.write([1, 2, 3].span)
            }
            await eventually("the echo") { log.entries == ["connecting", "connected", "read [1, 2, 3]"] }
            #expect(counts.withLock { $0 } == [0])
        }
    }

    @Test func `bytes that the peer's system has not received are unacknowledged`() async throws {
        try await ListeningServer.with { server in
            let peer = try await Peer.connect(port: server.port)
            let large = [UInt8](repeating: 7, count: 8_000_000)
            let count = try await server.withLast { connection in
                connection.transport.write(large.span)
                return connection.transport.unacknowledgedByteCount
            }
            #expect(count > 0)
            #expect(try await peer.receive(large.count).count == large.count)
            await eventually("the acknowledgement") {
                (try? await server.withLast(\.transport.unacknowledgedByteCount)) == 0
            }
            try await server.withLast { $0.transport.close() }
        }
    }

    @Test func `a port without a listener is reported once, as refused`() async throws {
        let socket = try #require(
            try ListeningSocket.bind(to: .resolve(host: "127.0.0.1", port: 0), count: 1).first)
        socket.close()
        let log = Log()
        try await EventLoop.with { loop in
            try await connect(to: socket.address.port, on: loop, log: log) { $0.close() }
            await eventually("the close") { log.entries.last == "close" }
        }
        let refusal = "ECONNREFUSED cannot connect to port \(socket.address.port): connection refused"
        #expect(log.entries == ["connecting", refusal, "close"])
    }

    @Test func `a transport that is closed while it connects reports that it was cancelled`() async throws {
        try await ListeningServer.with { server in
            let log = Log()
            try await connect(to: server.port, on: server.loop, log: log, then: { $0.close() }, onConnect: { _ in })
            await eventually("the close") { log.entries.last == "close" }
            #expect(log.entries.count == 3)
            #expect(log.entries[1].hasPrefix("ECANCELED"))
        }
    }
}
