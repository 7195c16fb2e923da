/// One direction of a proxied connection as a value: the bytes that have arrived, and when each may be forwarded. Without
/// socket and clock; times are nanoseconds of a monotonic clock.
struct ProxyPipe {
    enum Step: Equatable {
        /// Nothing to do until something arrives or the fault changes.
        case idle
        case wait(until: UInt64)
        /// At most one chunk, in one write.
        case forward(ArraySlice<UInt8>)
        /// The source's orderly end. The last step.
        case finish
        /// The end of both directions. The last step.
        case cut(TCPFault.Ending)
    }

    private enum End {
        case source(TCPFault.Ending, arrival: UInt64)
        case forwarded
    }

    /// How often a closed gate is looked at, in nanoseconds.
    private static let gateInterval: UInt64 = 1_000_000

    /// Distinguishes the random choices of this direction from those of all others of the proxy.
    private let stream: UInt64
    private var fault: DirectionFault
    /// What one read has brought. The chunks before `first` are forwarded.
    private var chunks: [(bytes: ArraySlice<UInt8>, arrival: UInt64)] = []
    private var first = 0
    private var end: End?
    private(set) var queuedByteCount = 0
    private(set) var forwardedByteCount = 0
    /// The time of the latest byte that was due: none behind it is due earlier.
    private var latestDue: UInt64 = 0
    /// The end of a pause between pieces.
    private var pauseEnd: UInt64 = 0
    /// When the stall ends, once it has begun and if it does.
    private var stallEnd: UInt64?
    private var isStallOver = false

    init(_ fault: DirectionFault, stream: UInt64) {
        self.fault = fault
        self.stream = stream
    }

    mutating func receive(_ bytes: ArraySlice<UInt8>, at time: UInt64) {
        if bytes.isEmpty { return }
        chunks.append((bytes, time))
        queuedByteCount += bytes.count
    }

    /// The source's orderly end, or its reset, which is forwarded after the bytes before it.
    mutating func receiveEnd(_ ending: TCPFault.Ending, at time: UInt64) { end = .source(ending, arrival: time) }

    /// Replaces the fault, also for bytes that have arrived.
    mutating func replaceFault(_ fault: DirectionFault) {
        self.fault = fault
        (latestDue, pauseEnd, stallEnd, isStallOver) = (0, 0, nil, false)
    }

    /// What may happen at `time`, and as far as bytes are concerned has happened when this returns.
    mutating func next(at time: UInt64) -> Step {
        if case .forwarded = end { return .idle }
        if let cut = fault.cut, forwardedByteCount >= cut.position, forwardedByteCount + queuedByteCount > 0 {
            end = .forwarded
            return .cut(cut.ending)
        }
        guard let arrival = nextArrival else { return .idle }
        if let stalled = stall(at: time) { return stalled }
        latestDue = max(latestDue, arrival + fault.latency(at: forwardedByteCount, stream: stream))
        let due = max(latestDue, pauseEnd)
        if due > time { return .wait(until: due) }
        if first < chunks.count { return .forward(takePiece(at: time)) }
        defer { end = .forwarded }
        if case .source(.rst, _) = end { return .cut(.rst) }
        return .finish
    }

    private var nextArrival: UInt64? {
        if first < chunks.count { return chunks[first].arrival }
        if case .source(_, let arrival) = end { return arrival }
        return nil
    }

    /// The step of a stall that has not ended.
    private mutating func stall(at time: UInt64) -> Step? {
        guard let stall = fault.stall, !isStallOver, forwardedByteCount >= stall.position else { return nil }
        switch stall.release {
        case .never:
            return .idle
        case .gate(let gate):
            if !gate.isOpen { return .wait(until: time + Self.gateInterval) }
        case .after(let duration):
            let end = stallEnd ?? time + duration.clampedNanoseconds
            stallEnd = end
            if end > time { return .wait(until: end) }
        }
        isStallOver = true
        return nil
    }

    private mutating func takePiece(at time: UInt64) -> ArraySlice<UInt8> {
        var size = fault.pieceSize(at: forwardedByteCount)
        if let stall = fault.stall, !isStallOver { size = min(size, stall.position - forwardedByteCount) }
        let piece = chunks[first].bytes.prefix(size)
        chunks[first].bytes.removeFirst(piece.count)
        if chunks[first].bytes.isEmpty { removeFirstChunk() }
        queuedByteCount -= piece.count
        forwardedByteCount += piece.count
        pauseEnd = time + fault.pause(after: piece.count, endingAt: forwardedByteCount)
        return piece
    }

    private mutating func removeFirstChunk() {
        chunks[first].bytes = []
        first += 1
        // Removing many at once makes the cost of each constant.
        if first == chunks.count || first >= 1024 {
            chunks.removeFirst(first)
            first = 0
        }
    }
}
