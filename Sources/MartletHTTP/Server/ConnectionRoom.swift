/// A loop's connections are at a limit, or no longer.
package enum ConnectionShortage: Sendable, Equatable {
    /// As many connections are open as the loop may have.
    case connections(limit: Int)
    /// The process has nearly as many descriptors open as the system allows it.
    case descriptors(limit: Int)
    /// So many connections are open after a shortage that is over.
    case over(open: Int)
}

/// How many connections a loop takes.
///
/// Beyond the limits a small reserve of connections is still accepted, so that a client learns why it is not served and
/// `/health` answers; when the reserve is used up too, further ones wait in the system's queue. A new descriptor is the
/// lowest number that is free, so a high number says that nearly all are in use, by the server or by the application.
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
    ///   - maximumConnections: What the loop may have, without the reserve.
    ///   - maximumDescriptors: What the process may have open (RLIMIT_NOFILE).
    ///   - loopCount: How many loops share these, each with its reserve.
    init(maximumConnections: Int, maximumDescriptors: Int, loopCount: Int = 1) {
        self.maximumConnections = maximumConnections
        self.maximumDescriptors = maximumDescriptors
        reserve = max(1, min(32, maximumDescriptors / 8 / loopCount))
        // libuv accepts one connection more than there is room for; without a descriptor for it, it resets all that wait.
        firstReservedDescriptor = maximumDescriptors - loopCount * (reserve + 1)
    }

    /// Whether one more may be accepted, into the reserve if need be.
    var mayAccept: Bool { reservedCount < reserve }

    /// Counts a connection of that descriptor in. Returns whether it is one of the reserve, and the shortage that begins
    /// with it.
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

    /// Counts a connection out. Returns the end of a shortage: a sixteenth of the connections, at least one, has closed,
    /// so that one client that comes and goes at the limit does not begin another event each time.
    mutating func close(isReserved: Bool) -> ConnectionShortage? {
        if isReserved { reservedCount -= 1 } else { openCount -= 1 }
        guard let end = endOfShortage, openCount <= max(0, end), reservedCount < reserve else { return nil }
        // Descriptors may be short although the loop has no connection at all; then the reserve decides.
        if end < 0 && reservedCount > 0 { return nil }
        endOfShortage = nil
        return .over(open: openCount)
    }
}
