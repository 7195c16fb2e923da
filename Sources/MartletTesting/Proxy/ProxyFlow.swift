internal import MartletUV

/// Carries one direction of a connection: what the source sends enters a pipe, and what the pipe releases is written to the
/// destination, each piece when the system has taken the one before. Reading pauses while much is queued. On the loop's
/// thread only.
final class ProxyFlow {
    enum Outcome {
        /// The source's end was forwarded.
        case finished
        case cut(TCPFault.Ending)
    }

    /// Reading pauses at this number of queued bytes, and continues at a quarter of it.
    static let highWater = 256 * 1024

    private let loop: EventLoop
    private let source: TCPTransport
    private let destination: TCPTransport
    private var pipe: ProxyPipe
    private var timer: LoopTimer?
    private let onForward: (Int) -> Void
    private let onOutcome: (Outcome) -> Void
    private var hasSourceEnded = false
    private var isResetting = false
    private(set) var isOver = false

    /// - Parameters:
    ///   - onForward: Called with the number of bytes after each write.
    ///   - onOutcome: Called once, unless the flow is cancelled before.
    init(
        _ fault: DirectionFault, stream: UInt64, from source: TCPTransport, to destination: TCPTransport,
        on loop: EventLoop, onForward: @escaping (Int) -> Void, onOutcome: @escaping (Outcome) -> Void
    ) {
        (self.loop, self.source, self.destination) = (loop, source, destination)
        (self.onForward, self.onOutcome) = (onForward, onOutcome)
        pipe = ProxyPipe(fault, stream: stream)
        timer = LoopTimer(on: loop) { [unowned self] in pump() }
    }

    /// Bytes that were read and that the system has not taken.
    var pendingByteCount: Int { pipe.queuedByteCount + destination.unsentByteCount }

    func receive(_ bytes: [UInt8]) {
        if isOver { return }
        pipe.receive(bytes[...], at: loop.turnTime)
        pump()
    }

    func receiveEnd(_ ending: TCPFault.Ending) {
        if isOver { return }
        hasSourceEnded = true
        pipe.receiveEnd(ending, at: loop.turnTime)
        pump()
    }

    func replaceFault(_ fault: DirectionFault) {
        if isOver { return }
        pipe.replaceFault(fault)
        pump()
    }

    /// Forwards what may be forwarded now.
    func pump() {
        if isResetting { return awaitDelivery() }
        while !isOver, destination.unsentByteCount == 0 {
            switch pipe.next(at: loop.turnTime) {
            case .idle:
                return adjustReading()
            case .wait(let time):
                let nanoseconds = time - min(time, loop.turnTime)
                timer?.start(milliseconds: nanoseconds / 1_000_000 + 1)
                return adjustReading()
            case .forward(let bytes):
                destination.write(bytes.span)
                onForward(bytes.count)
            case .finish:
                destination.shutdown()
                end(.finished)
            case .cut(.fin):
                end(.cut(.fin))
            case .cut(.rst):
                isResetting = true
                return awaitDelivery()
            }
        }
        adjustReading()
    }

    /// A reset discards what the peer's system has not received, so it waits until everything has been.
    private func awaitDelivery() {
        if isOver { return }
        if destination.unacknowledgedByteCount > 0 {
            timer?.start(milliseconds: 1)
        } else {
            end(.cut(.rst))
        }
    }

    private func adjustReading() {
        if isOver || hasSourceEnded { return }
        if pendingByteCount >= Self.highWater { source.stopReading() }
        if pendingByteCount <= Self.highWater / 4 { source.startReading() }
    }

    private func end(_ outcome: Outcome) {
        isOver = true
        onOutcome(outcome)
    }

    /// Forwards nothing more and drops what is queued. The flow cannot be used afterwards.
    func cancel() {
        isOver = true
        timer?.close()
        timer = nil
    }
}
