package import MartletUV

/// One loop of a server: its listeners and its connections. On the loop's thread only.
package final class ServerLoop {
    private let context: ConnectionContext
    private let openConnections: Gauge
    private var room: ConnectionRoom
    /// Bound sockets that are not listened on yet.
    private var sockets: ArraySlice<ListeningSocket>
    private var listeners: [Listener] = []
    /// How long a drain waits for the first bytes of connections without a request, in milliseconds.
    private static let firstReadTime: UInt64 = 100
    /// In the loop's milliseconds.
    private var firstReadDeadline: UInt64 = 0
    private var connections: [ObjectIdentifier: Connection] = [:]

    /// Takes ownership of the sockets.
    package init(
        _ sockets: [ListeningSocket] = [], context: ConnectionContext, loopCount: Int = 1, openConnections: Gauge
    ) {
        self.sockets = sockets[...]
        self.context = context
        self.openConnections = openConnections
        room = ConnectionRoom(
            maximumConnections: context.limits.maximumConnectionsPerLoop, maximumDescriptors: DescriptorLimit.current,
            loopCount: loopCount)
    }

    /// Accepts connections from the sockets. After an error the loop must still be closed.
    package func listen() throws(UVError) {
        while let socket = sockets.popFirst() {
            listeners.append(
                try Listener(
                    on: context.loop, socket: socket,
                    hasRoom: { [unowned self] in self.room.mayAccept },
                    onAccept: { [unowned self] transport in self.serve(transport) }))
        }
    }

    private func serve(_ transport: TCPTransport) {
        let (isReserved, shortage) = room.open(descriptor: transport.descriptor ?? 0)
        if let shortage { context.report(shortage) }
        let connection = Connection(transport, context: context, isReserved: isReserved) { [weak self] connection in
            self?.remove(connection)
        }
        connections[ObjectIdentifier(connection)] = connection
        openConnections.add(1)
        connection.start()
    }

    private func remove(_ connection: Connection) {
        if connections.removeValue(forKey: ObjectIdentifier(connection)) == nil { return }
        openConnections.add(-1)
        if let end = room.close(isReserved: connection.isReserved) { context.report(end) }
        for listener in listeners { listener.resume() }
    }

    /// Connections close after their responses; new ones are still accepted.
    package func announceDrain() { context.closesConnections = true }

    /// Takes the connections that wait in the system's queue, and stops accepting. Responses in progress may finish.
    /// Connections that have had no request are served once: theirs may be on its way.
    package func drain() {
        context.closesConnections = true
        for connection in connections.values { connection.drain() }
        for listener in listeners { listener.closeAfterBacklog() }
        closeListeners()
        firstReadDeadline = context.loop.now + Self.firstReadTime
    }

    /// The connections with a request or a response in progress; shortly after a drain has begun also those that have had
    /// no request.
    package var activeCount: Int {
        let isEarly = context.loop.now < firstReadDeadline
        return connections.values.count { !$0.isIdle || isEarly && $0.isFresh }
    }

    /// The connections with a request or a response that `interrupt()` would end.
    package var interruptibleCount: Int { connections.values.count { !$0.isIdle && !$0.isLingering } }

    /// Interrupts the responses in progress.
    package func interrupt() {
        for connection in connections.values { connection.interrupt() }
    }

    /// Closes everything on the loop; the loop can then be stopped.
    package func close() {
        closeListeners()
        for connection in connections.values { connection.close() }
        context.close()
    }

    private func closeListeners() {
        while let socket = sockets.popFirst() { socket.close() }
        for listener in listeners { listener.close() }
    }
}
