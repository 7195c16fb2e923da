import MartletUV

/// A transport whose peer is the test. Keeps the promises of `ByteTransport`: no delegate call from inside `write`, and
/// the last one after `close` has returned. On its loop's thread only.
final class MemoryTransport: ByteTransport {
    var delegate: (any ByteTransportDelegate)?
    let peerAddress: String? = "192.0.2.1"
    /// The bytes of each call of `write`.
    private(set) var writes: [[UInt8]] = []
    /// Bytes that the peer has received and the test has not taken.
    var received: [UInt8] = []
    /// How many more bytes the system takes.
    private(set) var window = Int.max
    private(set) var isReading = false
    private(set) var isShutDown = false
    private(set) var isClosed = false
    private var unsent: [UInt8] = []
    private let loop: EventLoop

    init(on loop: EventLoop) { self.loop = loop }

    var unsentByteCount: Int { unsent.count }
    private(set) var takenByteCount = 0

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
        takenByteCount += count
        unsent.removeFirst(count)
        if window < Int.max { window -= count }
    }

    /// Lets the system take `count` more bytes; `Int.max` for all.
    func open(_ count: Int) {
        let before = takenByteCount
        window = count
        move()
        if takenByteCount > before { delegate?.transportDidWrite() }
    }
}
