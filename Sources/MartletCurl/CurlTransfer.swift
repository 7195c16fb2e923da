internal import CCurl
internal import MartletHTTP
internal import MartletUV

/// A transfer of libcurl, and the received bytes that wait for the reader.
///
/// Sendable because `transfer` is accessed on the loop's thread only, and everything else is constant or locked.
final class CurlTransfer: HTTPTransfer, CurlReceiver, @unchecked Sendable {
    private struct State {
        var head: IncomingHead?
        var buffer: [UInt8] = []
        /// Whether libcurl pauses until the reader takes bytes.
        var isPaused = false
        /// Set once. Buffered bytes are delivered before it.
        var end: Ending?
        var waiter: CheckedContinuation<Void, Never>?
        /// Retained until the transfer ends.
        var transport: CurlTransport?
    }

    private enum Ending {
        case complete
        case failed(TransportError)
    }

    private let curl: LoopBound<CurlLoop>?
    private let bufferBytes: Int
    private let state = Locked(State())
    private var transfer: CurlLoopTransfer?

    init(
        _ request: OutgoingRequest, on curl: Result<LoopBound<CurlLoop>, TransportError>, of transport: CurlTransport
    ) {
        state.withLock { $0.transport = transport }
        bufferBytes = transport.settings.bufferBytes
        switch curl {
        case .success(let curl):
            self.curl = curl
            let isAccepted = curl.loop.atEndOfTurn { self.start(request) }
            if !isAccepted { didEnd(TransportError(.other, "The transport was shut down.")) }
        case .failure(let error):
            self.curl = nil
            didEnd(error)
        }
    }

    // MARK: For the reader, on any thread

    func head() async throws(TransportError) -> IncomingHead {
        while true {
            let (head, end) = state.withLock { ($0.head, $0.end) }
            if let head { return head }
            switch end {
            case .failed(let error): throw error
            case .complete: throw TransportError(.protocolError, "The response has no head.")
            case nil: await wait { $0.head != nil }
            }
        }
    }

    func next() async throws(TransportError) -> [UInt8]? {
        // Ends a cancelled reader also when bytes are always available.
        if Task.isCancelled { cancel() }
        while true {
            let (bytes, end, wasPaused) = state.withLock { state in
                defer {
                    state.buffer = []
                    state.isPaused = false
                }
                return (state.buffer, state.end, state.isPaused)
            }
            if wasPaused { curl?.loop.atEndOfTurn { self.transfer?.resume() } }
            if !bytes.isEmpty { return bytes }
            switch end {
            case .complete: return nil
            case .failed(let error): throw error
            case nil: await wait { !$0.buffer.isEmpty }
            }
        }
    }

    func cancel() {
        guard end(.failed(.cancelled)) else { return }
        curl?.loop.atEndOfTurn { self.discard() }
    }

    /// Suspends until `isThere` holds or the transfer has ended.
    private func wait(until isThere: @escaping @Sendable (borrowing State) -> Bool) async {
        if Task.isCancelled { cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isNow = state.withLock { state in
                    if state.end != nil || isThere(state) { return true }
                    state.waiter = continuation
                    return false
                }
                if isNow { continuation.resume() }
            }
        } onCancel: {
            cancel()
        }
    }

    // MARK: On the loop

    private func start(_ request: OutgoingRequest) {
        guard let curl, state.withLock({ $0.end == nil }) else { return }
        do throws(TransportError) {
            transfer = try curl.withValue { loop throws(TransportError) in try loop.begin(request, to: self) }
        } catch {
            didEnd(error)
        }
    }

    private func discard() {
        transfer?.cancel()
        transfer = nil
    }

    func didReceive(_ head: IncomingHead) {
        let waiter = state.withLock { state in
            state.head = head
            return state.waiter.take()
        }
        waiter?.resume()
    }

    func didReceive(_ bytes: UnsafeRawBufferPointer) -> CurlReception {
        let (isTaken, waiter) = state.withLock { state in
            if state.buffer.count >= bufferBytes {
                state.isPaused = true
                return (false, CheckedContinuation<Void, Never>?.none)
            }
            state.buffer.append(contentsOf: bytes)
            return (true, state.waiter.take())
        }
        waiter?.resume()
        return isTaken ? .taken : .paused
    }

    func didEnd(_ error: TransportError?) {
        transfer = nil
        _ = end(error.map { .failed($0) } ?? .complete)
    }

    private func end(_ end: Ending) -> Bool {
        let (isFirst, waiter, transport) = state.withLock { state in
            if state.end != nil { return (false, CheckedContinuation<Void, Never>?.none, CurlTransport?.none) }
            state.end = end
            if case .failed(let error) = end, error.kind == .cancelled { state.buffer = [] }
            return (true, state.waiter.take(), state.transport.take())
        }
        waiter?.resume()
        // This may be the last reference: it must be released outside the lock.
        withExtendedLifetime(transport) {}
        return isFirst
    }
}
