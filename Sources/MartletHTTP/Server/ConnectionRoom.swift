/// A shortage of connections or descriptors on a loop, or its end.
package enum ConnectionShortage: Sendable, Equatable {
    /// The loop has reached its connection limit.
    case connections(limit: Int)
    /// The process has nearly reached its descriptor limit.
    case descriptors(limit: Int)
    /// The shortage is over; `open` connections remain.
    case over(open: Int)
}

/// Decides how many connections a loop accepts.
///
/// Beyond the limits a small reserve of connections is accepted, so that clients get a 503 and `/health` responds; when
/// the reserve is used up, further connections wait in the system's queue. A new descriptor is the lowest free number, so
/// a high number means that nearly all are in use, by the server or by the application.
struct ConnectionRoom {
    private let maximumConnections: Int
    private let maximumDescriptors: Int
    private let firstReservedDescriptor: Int
    let reserve: Int
    private(set) var openCount = 0
    private(set) var reservedCount = 0
    /// During a shortage: the number of open connections at which it is over.
    private var endOfShortage: Int?

    /// - Parameters:
    ///   - maximumConnections: The limit of the loop, without the reserve.
    ///   - maximumDescriptors: The limit of the process (RLIMIT_NOFILE).
    ///   - loopCount: The number of loops that share the descriptors, each with its own reserve.
    init(maximumConnections: Int, maximumDescriptors: Int, loopCount: Int = 1) {
        self.maximumConnections = maximumConnections
        self.maximumDescriptors = maximumDescriptors
        reserve = max(1, min(32, maximumDescriptors / 8 / loopCount))
        // libuv accepts one connection ahead; without a descriptor for it, it resets all queued connections.
        firstReservedDescriptor = maximumDescriptors - loopCount * (reserve + 1)
    }

    /// Whether one more connection may be accepted, if necessary into the reserve.
    var mayAccept: Bool { reservedCount < reserve }

    /// Counts a new connection. Returns whether it belongs to the reserve, and the shortage that begins with it.
    mutating func open(descriptor: Int) -> (isReserved: Bool, begun: ConnectionShortage?) {
        let shortage: ConnectionShortage? =
            if openCount >= maximumConnections {
                .connections(limit: maximumConnections)
            } else if descriptor >= firstReservedDescriptor {
                .descriptors(limit: maximumDescriptors)
            } else {
                nil
            }
        guard let shortage else {
            openCount += 1
            return (false, nil)
        }
        reservedCount += 1
        defer { endOfShortage = endOfShortage ?? openCount - max(1, openCount / 16) }
        return (true, endOfShortage == nil ? shortage : nil)
    }

    /// Counts a closed connection. Returns the end of a shortage when a sixteenth of the connections, at least one, has
    /// closed: a single client that reconnects at the limit must not cause an event each time.
    mutating func close(isReserved: Bool) -> ConnectionShortage? {
        if isReserved { reservedCount -= 1 } else { openCount -= 1 }
        guard let end = endOfShortage, openCount <= max(0, end), reservedCount < reserve else { return nil }
        // Descriptors may be short although the loop has no connection; then the reserve decides.
        if end < 0 && reservedCount > 0 { return nil }
        endOfShortage = nil
        return .over(open: openCount)
    }
}
