package import MartletUV

/// One loop of a server: its listeners and its connections. On the loop's thread only.
package final class ServerLoop {
    private let context: ConnectionContext
    private let openConnections: Gauge
    private var room: ConnectionRoom
    /// Bound sockets that are not listened on yet.
    private var sockets: ArraySlice<ListeningSocket>
    private var listeners: [Listener] = []
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

    /// Stops accepting, closes idle connections and lets the others finish their responses.
    package func drain() {
        context.isDraining = true
        closeListeners()
        for connection in connections.values { connection.drain() }
    }

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
