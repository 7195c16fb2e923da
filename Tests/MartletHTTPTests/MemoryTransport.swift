import MartletUV

/// A transport whose peer is the test. Keeps the promises of `ByteTransport`: no call to the delegate from inside
/// `write`, and the last one later than `close`. On its loop's thread only.
final class MemoryTransport: ByteTransport {
    var delegate: (any ByteTransportDelegate)?
    /// What each call of `write` was given.
    private(set) var writes: [[UInt8]] = []
    /// What the peer has got and the test not yet taken.
    var received: [UInt8] = []
    /// How many bytes the system still takes.
    private(set) var window = Int.max
    private(set) var isReading = false
    private(set) var isShutDown = false
    private(set) var isClosed = false
    private var unsent: [UInt8] = []
    private let loop: EventLoop

    init(on loop: EventLoop) { self.loop = loop }

    var unsentByteCount: Int { unsent.count }

    func startReading() { isReading = !isClosed }
    func stopReading() { isReading = false }

    func write(_ bytes: borrowing Span<UInt8>) {
        if isClosed { return }
        writes.append(bytes.withUnsafeBufferPointer(Array.init))
        unsent += writes.last ?? []
        move()
    }

    func shutdown() { isShutDown = true }

    func close() {
        if isClosed { return }
        isClosed = true
        isReading = false
        unsent = []
        let this = LoopBound(self, on: loop)
        loop.atEndOfTurn { this.withValue { $0.didClose() } }
    }

    private func didClose() {
        let last = delegate
        delegate = nil
        last?.transportDidClose()
    }

    private func move() {
        let count = min(window, unsent.count)
        received += unsent.prefix(count)
        unsent.removeFirst(count)
        if window < Int.max { window -= count }
    }

    /// The system takes so many bytes more; `Int.max` has it take all.
    func open(_ count: Int) {
        let hadUnsent = !unsent.isEmpty
        window = count
        move()
        if hadUnsent && unsent.isEmpty { delegate?.transportDidDrain() }
    }
}
