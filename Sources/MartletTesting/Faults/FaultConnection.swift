internal import Martlet
internal import MartletHTTP
internal import MartletUV

/// One client of a `FaultServer`.
///
/// Sendable because everything except `server`, `number`, `loop` and the locked `waiting` is accessed on the loop only.
final class FaultConnection: ByteTransportDelegate, @unchecked Sendable {
    private struct Waiting {
        var continuation: CheckedContinuation<Void, any Error>?
        var isGone = false
    }

    private let loop: EventLoop
    private let transport: TCPTransport
    private let number: Int
    /// Strong, because a script may outlive the test's reference. Closing the connection breaks the cycle.
    private let server: FaultServer
    private var parser = RequestParser()
    private var head: RequestHead?
    private var body: [UInt8] = []
    /// Requests whose scripts have not begun; scripts of a connection run one after the other.
    private var pending: [FaultServer.Request] = []
    private var script: Task<Void, Never>?
    private let waiting = Locked(Waiting())

    init(_ transport: TCPTransport, on loop: EventLoop, number: Int, of server: FaultServer) {
        (self.transport, self.loop, self.number, self.server) = (transport, loop, number, server)
    }

    func start() {
        transport.delegate = self
        transport.startReading()
    }

    // MARK: For scripts, on any thread

    /// Returns once the system has taken all of `bytes`.
    func send(_ bytes: [UInt8]) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isGone = waiting.withLock { waiting in
                    if !waiting.isGone { waiting.continuation = continuation }
                    return waiting.isGone
                }
                if isGone { return continuation.resume(throwing: CancellationError()) }
                loop.atEndOfTurn { self.write(bytes) }
            }
        } onCancel: {
            release(isGone: true)
        }
        server.state.withLock { state in
            state.bytesSent += bytes.count
            state.writes += 1
        }
    }

    func close() { loop.atEndOfTurn { self.transport.close() } }

    func reset() { loop.atEndOfTurn { self.transport.reset() } }

    private func release(isGone: Bool) {
        let continuation = waiting.withLock { waiting in
            if isGone { waiting.isGone = true }
            return waiting.continuation.take()
        }
        if isGone { continuation?.resume(throwing: CancellationError()) } else { continuation?.resume() }
    }

    // MARK: On the loop

    private func write(_ bytes: [UInt8]) {
        transport.write(bytes.span)
        if transport.unsentByteCount == 0 { release(isGone: false) }
    }

    private func play() {
        guard script == nil, !pending.isEmpty else { return }
        let steps = server.script(for: pending.removeFirst())
        script = Task {
            // A step throws only when the client has left.
            do { for step in steps { try await step.play(self) } } catch {}
            self.loop.atEndOfTurn {
                self.script = nil
                self.play()
            }
        }
    }

    func endOnLoop() { transport.close() }

    func transportDidRead(_ bytes: borrowing Span<UInt8>) {
        var offset = 0
        do {
            while let event = try parser.next(bytes, &offset) {
                switch event {
                case .head(let head): (self.head, body) = (head, [])
                case .body(let range): bytes.extracting(range).withUnsafeBufferPointer { body += $0 }
                case .end:
                    guard let head else { continue }
                    pending.append(FaultServer.Request(head: head, body: body, connection: number))
                    play()
                }
            }
        } catch {
            transport.close()
        }
    }

    func transportDidReachEnd() { transport.close() }
    func transportDidFail(_ error: UVError) { transport.close() }
    func transportDidWrite() {
        if transport.unsentByteCount == 0 { release(isGone: false) }
    }

    func transportDidClose() {
        script?.cancel()
        release(isGone: true)
        server.remove(number)
    }
}
