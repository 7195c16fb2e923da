/// What a `TCPProxy` does to a connection. Faults combine: `[.delay(.milliseconds(20)), .cut(afterBytes: 100)]`; of two
/// faults of the same kind and direction, the later one counts.
///
/// Positions are numbers of bytes from the beginning of the connection, per direction. Random choices depend on the seed,
/// the connection's number, the direction and the position only, so they are the same in every run, however the bytes
/// arrive.
public struct TCPFault: Sendable, ExpressibleByArrayLiteral {
    /// The directions that a fault applies to.
    public struct Direction: OptionSet, Sendable {
        /// One bit for each direction.
        public let rawValue: Int
        /// The directions whose bits are set.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Bytes that the client sends.
        public static let fromClient = Direction(rawValue: 1)
        /// Bytes that the server sends.
        public static let fromServer = Direction(rawValue: 2)
        /// Both directions.
        public static let both: Direction = [.fromClient, .fromServer]
    }

    /// How TCP ends a connection.
    public enum Ending: Sendable {
        /// An orderly end.
        case fin
        /// A reset.
        case rst
    }

    enum Opening {
        case refuse(Ending)
        case blackHole
    }

    /// What happens to a connection when it is accepted; nil to forward it.
    var opening: Opening?
    var fromClient = DirectionFault()
    var fromServer = DirectionFault()

    /// All of `elements`.
    public init(arrayLiteral elements: TCPFault...) {
        for element in elements {
            opening = element.opening ?? opening
            fromClient.merge(element.fromClient)
            fromServer.merge(element.fromServer)
        }
    }

    private init(_ direction: Direction, _ fault: DirectionFault) {
        if direction.contains(.fromClient) { fromClient = fault }
        if direction.contains(.fromServer) { fromServer = fault }
    }

    private init(_ opening: Opening) { self.opening = opening }

    /// Forwards everything unchanged, as soon as it arrives.
    public static var none: TCPFault { [] }

    // MARK: For new connections only

    /// Accepts the connection and ends it at once; the server sees nothing of it.
    public static func refuse(by ending: Ending = .rst) -> TCPFault { TCPFault(.refuse(ending)) }

    /// Accepts the connection, takes what the client sends and answers nothing, until the client leaves. The server sees
    /// nothing of it.
    public static var blackHole: TCPFault { TCPFault(.blackHole) }

    // MARK: For new and open connections

    /// Forwards bytes and the end of the stream no earlier than `latency` plus a random part of `jitter` after their
    /// arrival, in their order. Jitter is drawn for each segment of 1,448 bytes.
    ///
    /// At most 256 KiB and the last read (64 KiB) wait in the proxy, so a long delay limits the throughput too.
    public static func delay(
        _ latency: Duration, jitter: Duration = .zero, seed: UInt64 = 0, direction: Direction = .both
    ) -> TCPFault {
        TCPFault(direction, DirectionFault(delay: .init(latency: latency, jitter: jitter, seed: seed)))
    }

    /// Loses segments of 1,448 bytes with `probability`, which is within 0...1. TCP hides a loss by retransmission, so a
    /// lost segment arrives `retransmission` later, and so does everything behind it; no byte is missing.
    public static func loss(
        probability: Double, retransmission: Duration = .milliseconds(200), seed: UInt64 = 0,
        direction: Direction = .both
    ) -> TCPFault {
        TCPFault(
            direction,
            DirectionFault(loss: .init(probability: probability, retransmission: retransmission, seed: seed)))
    }

    /// Forwards at most `bytesPerSecond`, at least 1, in pieces that take 10 ms each or have one byte.
    public static func bandwidth(bytesPerSecond: Int, direction: Direction = .both) -> TCPFault {
        TCPFault(direction, DirectionFault(bytesPerSecond: max(1, bytesPerSecond)))
    }

    /// Forwards `count` bytes, then nothing for `duration`, which begins when more has arrived; nil for ever. The end of
    /// the stream waits as bytes do.
    public static func stall(
        afterBytes count: Int, for duration: Duration? = nil, direction: Direction = .both
    ) -> TCPFault {
        TCPFault(
            direction, DirectionFault(stall: .init(position: count, release: duration.map { .after($0) } ?? .never)))
    }

    /// Forwards `count` bytes, then nothing until a test opens `gate`.
    public static func stall(afterBytes count: Int, until gate: Gate, direction: Direction = .both) -> TCPFault {
        TCPFault(direction, DirectionFault(stall: .init(position: count, release: .gate(gate))))
    }

    /// Ends the connection on both sides once exactly `count` bytes of the direction have been delivered: 0 means that the
    /// first byte is awaited and dropped. Bytes of the other direction that have not been delivered are dropped.
    ///
    /// By `.rst`, the reset is sent when the receiver's system has acknowledged the bytes. By `.fin`, the proxy sends the
    /// end of the stream, and takes and drops what either side still sends until that side ends too.
    public static func cut(
        afterBytes count: Int, by ending: Ending = .rst, direction: Direction = .fromServer
    ) -> TCPFault {
        TCPFault(direction, DirectionFault(cut: .init(position: count, ending: ending)))
    }

    /// Forwards in pieces of the given sizes, of which the last one repeats, with a pause after each: no write contains a
    /// border between pieces. `[5, .max]` splits after the fifth byte only. A receiver that reads late can still get several
    /// pieces in one read.
    public static func split(
        into sizes: [Int], pausing pause: Duration = .milliseconds(1), direction: Direction = .both
    ) -> TCPFault {
        TCPFault(direction, DirectionFault(split: sizes.isEmpty ? nil : .init(sizes: sizes, pause: pause)))
    }
}
