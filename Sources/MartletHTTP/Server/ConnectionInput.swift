internal import MartletUV

/// Request bytes that arrived while a response was in progress, and the pauses of reading that bound them.
///
/// Reading pauses above a mark, so that a client that pipelines faster than it is answered has to wait. While reading
/// is paused the end of the connection cannot be seen, so the mark is raised step by step as long as one response takes,
/// until the end was read or the connection has sent too much. On the loop's thread only.
final class ConnectionInput {
    /// The bytes by which the mark is raised.
    private static let step = 256 * 1024

    private let transport: any ByteTransport
    private let pauses: DeadlineList
    /// For the backlog, and for output that the system has not taken.
    private let memory: MemoryReservation
    private var backlog: [UInt8] = []
    private var mark = ResponseBuffer.highWater
    /// Ends a pause of reading; nil before the first one.
    private var pause: Deadline?

    init(_ transport: any ByteTransport, context: ConnectionContext) {
        self.transport = transport
        pauses = context.readPause
        memory = MemoryReservation(of: context.memory)
    }

    var isEmpty: Bool { backlog.isEmpty }
    var count: Int { backlog.count }

    func append(_ bytes: borrowing Span<UInt8>) {
        bytes.withUnsafeBufferPointer { backlog.append(contentsOf: $0) }
    }

    /// Takes all bytes and resets the mark.
    func take() -> [UInt8] {
        defer { drop() }
        return backlog
    }

    func drop() {
        backlog = []
        mark = ResponseBuffer.highWater
    }

    /// Pauses or resumes reading. A client that does not read its responses meets the write timeout; while a response is
    /// in progress, only further reading detects that the client has left, so the pause is a short one.
    ///
    /// - Parameter unsent: The bytes of output that the system has not taken.
    func updateReading(isResponding: Bool, unsent: Int) {
        memory.set(to: MemoryBudget.counted(backlog.count + unsent))
        guard backlog.count > mark else { return transport.startReading() }
        transport.stopReading()
        if !isResponding {
            pause?.disarm()
            return
        }
        let pause = pause ?? Deadline { [unowned self] in self.resumeReading() }
        self.pause = pause
        if !pause.isArmed(in: pauses) { pauses.arm(pause) }
    }

    private func resumeReading() {
        guard backlog.count > mark else { return }
        mark = backlog.count + Self.step
        transport.startReading()
    }

    func close() { pause?.disarm() }
}
