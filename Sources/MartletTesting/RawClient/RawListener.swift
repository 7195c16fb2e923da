/// A port of 127.0.0.1 whose connections a test controls byte by byte, for tests of what connects to servers.
///
/// Closes when it is deallocated.
package actor RawListener {
    private let executor = BlockingExecutor(label: "martlet.raw-listener")
    private let socket: RawSocket
    private let limit: Duration
    package nonisolated let port: Int

    /// The listener's own thread, which may block.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Listens on a free port.
    ///
    /// - Parameters:
    ///   - receiveBufferBytes: The size of the kernel's receive buffer of each connection; nil for the default.
    ///   - limit: The maximum wait of a call, here and of the connections.
    package init(receiveBufferBytes: Int? = nil, limit: Duration = .seconds(20)) throws {
        let socket = try RawSocket(receiveBufferBytes: receiveBufferBytes)
        port = try socket.listen()
        self.socket = socket
        self.limit = limit
    }

    /// The next connection. It is a `RawClient` in all but the direction of its beginning.
    package func accept() throws -> RawClient {
        RawClient(accepted: try socket.accept(until: .now + limit), limit: limit)
    }

    /// Closes the port.
    package func close() { socket.close() }
}
