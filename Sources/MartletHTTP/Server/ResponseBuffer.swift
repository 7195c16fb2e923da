package import MartletUV

/// The response to one request, between its producer and the connection that writes it.
///
/// The producer appends from any thread: the fold of a generation, a custom route, or anything else that has a head,
/// bytes and an end. The connection takes the pending output on its loop and writes it. Above the high-water mark of
/// unsent bytes a producer waits until they are down to the low-water mark.
package final class ResponseBuffer: Sendable {
    /// In bytes.
    package static let highWater = 64 * 1024
    package static let lowWater = 16 * 1024

    enum Head {
        case none
        /// Sent with the first byte, or when the head wait is over; a complete response can still replace it.
        case prepared(ResponseHead, opening: [UInt8])
        /// Taken by the connection.
        case taken
        /// A complete response, which has no separate head.
        case complete(HTTPResponse)
    }

    enum End {
        case open
        case finished
        /// Ended prematurely: the connection closes, which shows the client that the response is incomplete.
        case aborted
        /// The client has left.
        case cancelled

        /// Whether the head can still be sent.
        var acceptsFields: Bool {
            switch self {
            case .open, .finished: true
            case .aborted, .cancelled: false
            }
        }
    }

    /// The producer's callbacks, which may be called on any thread.
    struct Producer {
        let onStop: @Sendable () -> Void
        let onInterrupt: @Sendable () -> Void
        var isInterruptible = true
    }

    struct State {
        var head = Head.none
        var end = End.open
        /// Whether another server generates the content.
        var isRelayed = false
        /// Sent when nothing else has been for a while.
        var heartbeat: [UInt8] = []
        var pending: [UInt8] = []
        /// Bytes that the connection has taken and the system has not.
        var unsent = 0
        /// Whether the connection has been signalled and has not taken the output yet.
        var isSignalled = false
        /// From above the high-water mark until the low-water mark.
        var isCongested = false
        var waiters: [(id: Int, continuation: UnsafeContinuation<Void, any Error>)] = []
        var listeners: [Int: @Sendable () -> Void] = [:]
        var nextID = 0
        var producer: Producer?
        /// Makes the last content of a stream that an error ends.
        var failureFrames: (@Sendable (any Error) -> [UInt8]?)?
        /// The status of the response, once it is known.
        var status: HTTPStatus?
        /// Added to the response's own fields.
        var fields = HTTPFields()
        /// Counts the times between writes of new tokens, in nanoseconds; nil if nobody measures.
        var intervals: AtomicHistogram?
        /// Whether `pending` has tokens that have not been taken.
        var hasNewTokens = false
        /// The loop's time when tokens were last taken; 0 before.
        var lastTokenTime: UInt64 = 0

        var isOpen: Bool { if case .open = end { true } else { false } }
        var isCancelled: Bool { if case .cancelled = end { true } else { false } }
        var isHeadTaken: Bool { if case .taken = head { true } else { false } }
        /// Whether a complete response can still be sent.
        var isReplaceable: Bool { isOpen && !isHeadTaken && pending.isEmpty }
    }

    /// What an `append` requires of its caller.
    package struct Pressure: Sendable {
        /// The buffer was empty: the caller must call `signal()`, if need be once for many buffers.
        package var needsSignal: Bool
        /// The unsent bytes are above the high-water mark: the caller should call `waitForRoom()`.
        package var isHigh: Bool
    }

    package let loop: EventLoop
    /// Makes the connection take the pending output; must run on the loop.
    package let flush: @Sendable () -> Void
    /// The memory of the request and its response; returned when both the producer and the connection have released
    /// this buffer.
    package let memory: MemoryReservation
    let state: Locked<State>
    /// Accompanies the facts of the exchange to its observer. It is shared with the producer, who may write facts into it
    /// until the exchange has ended.
    package let attachment: (any AnyObject & Sendable)?

    package init(
        on loop: EventLoop, memory: consuming MemoryReservation = MemoryReservation(of: .unlimited),
        attachment: (any AnyObject & Sendable)? = nil, flush: @escaping @Sendable () -> Void
    ) {
        self.loop = loop
        self.memory = memory
        self.flush = flush
        self.attachment = attachment
        state = Locked(State())
    }

    // MARK: The producer's side, on any thread

    /// Whether the client has left.
    package var isCancelled: Bool { state.withLock { $0.isCancelled } }
    /// Whether the response has not ended and the client has not left.
    package var isOpen: Bool { state.withLock { $0.isOpen } }
    package var hasRoom: Bool { state.withLock { !$0.isCongested } }
    /// Whether a streamed response has begun, if only with its head.
    package var isPrepared: Bool {
        state.withLock { if case .none = $0.head { false } else if case .complete = $0.head { false } else { true } }
    }

    /// Begins a streamed response. The connection sends the head with the first byte, or after the head wait.
    ///
    /// - Parameters:
    ///   - opening: The bytes of the content that follow the head at once, before any other.
    ///   - heartbeat: The bytes that the connection sends while the stream is idle.
    ///   - restartsHeadWait: Whether the head wait starts again, for a request that waited for admission.
    ///   - isRelayed: Whether another server generates the content, so that the head wait is that for relays.
    package func prepare(
        _ head: ResponseHead, opening: [UInt8] = [], heartbeat: [UInt8] = [], restartsHeadWait: Bool = false,
        isRelayed: Bool = false
    ) {
        state.withLock { state in
            state.isRelayed = isRelayed
            if case .complete = state.head { return }
            if !state.isHeadTaken {
                state.head = .prepared(head, opening: opening)
                state.status = head.status
            }
            state.heartbeat = heartbeat
        }
        if restartsHeadWait { signal() }
    }

    /// Sends a complete response. Returns false, without an effect, if a response has been sent in whole or in part.
    @discardableResult
    package func send(_ response: HTTPResponse) -> Bool {
        let isSent = state.withLock { state in
            guard state.isReplaceable else { return false }
            state.head = .complete(response)
            state.status = response.head.status
            state.end = .finished
            return true
        }
        if isSent { signal() }
        return isSent
    }

    /// Appends the content that `render` writes, under the lock. The caller must signal if the result requires it.
    ///
    /// - Throws: `CancellationError` when the client has left or the response has ended.
    package func append(_ render: (inout [UInt8]) -> Void) throws(CancellationError) -> Pressure {
        try appendGenerated {
            render(&$0)
            return false
        }
    }

    /// As `append`, for content that may have generated tokens; `render` returns whether it has.
    package func appendGenerated(_ render: (inout [UInt8]) -> Bool) throws(CancellationError) -> Pressure {
        let pressure: Pressure? = state.withLock { state in
            guard state.isOpen else { return nil }
            if render(&state.pending) { state.hasNewTokens = true }
            let needsSignal = !state.isSignalled && !state.pending.isEmpty
            if needsSignal { state.isSignalled = true }
            if state.pending.count + state.unsent > Self.highWater { state.isCongested = true }
            return Pressure(needsSignal: needsSignal, isHigh: state.isCongested)
        }
        guard let pressure else { throw CancellationError() }
        return pressure
    }

    /// Appends the last content and ends the response; the connection can serve the next request.
    /// Returns false, without an effect, if the response has ended or the client has left.
    @discardableResult
    package func finish(_ render: (inout [UInt8]) -> Void = { _ in }) -> Bool { end(as: .finished, render) }

    /// Ends a streamed response prematurely: the connection closes, which shows the client that it is incomplete.
    /// Returns false if the response has ended or the client has left.
    package func abort() -> Bool { end(as: .aborted) { _ in } }

    private func end(as end: End, _ render: (inout [UInt8]) -> Void) -> Bool {
        let waiters = state.withLock { state -> [UnsafeContinuation<Void, any Error>]? in
            guard state.isOpen else { return nil }
            render(&state.pending)
            state.end = end
            state.isSignalled = true
            defer { state.waiters = [] }
            return state.waiters.map(\.continuation)
        }
        guard let waiters else { return false }
        signal()
        // Another task may wait for room, to append what is not wanted any more.
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
        return true
    }

    /// Makes the connection take the pending output at the end of the loop's turn.
    package func signal() { loop.atEndOfTurn(flush) }

    /// Returns when the unsent bytes are down to the low-water mark.
    ///
    /// - Throws: `CancellationError` when the client has left, the response has ended or the calling task is cancelled.
    package nonisolated(nonsending) func waitForRoom() async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let hasRoom: Bool? = state.withLock { state in
                    if !state.isOpen || Task.isCancelled { return nil }
                    if !state.isCongested { return true }
                    state.waiters.append((id, continuation))
                    return false
                }
                switch hasRoom {
                case nil: continuation.resume(throwing: CancellationError())
                case true?: continuation.resume()
                case false?: break
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    /// Calls `listener`, on any thread, when the client has left or there is room again.
    package func addListener(_ listener: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextID += 1
            state.listeners[state.nextID] = listener
            return state.nextID
        }
    }

    package func removeListener(_ id: Int) { state.withLock { $0.listeners[id] = nil } }

    /// The status of the response that was sent or prepared last; nil before.
    package var status: HTTPStatus? { state.withLock { $0.status } }

    /// Adds a field to the response's own. Returns false, without an effect, if the head has been taken, and for a
    /// malformed name.
    package func appendField(_ name: String, _ value: String) -> Bool {
        state.withLock { state in
            if case .taken = state.head { return false }
            return state.end.acceptsFields && state.fields.append(name, value)
        }
    }

    // MARK: Stopping the producer

    /// Sets the callbacks of the producer, which may be called on any thread: `onStop` when no more content is wanted,
    /// at once if the client has left already; `onInterrupt` when the server stops, to end the response with an error.
    package func setProducer(onStop: @escaping @Sendable () -> Void, onInterrupt: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.isCancelled { state.producer = Producer(onStop: onStop, onInterrupt: onInterrupt) }
            return state.isCancelled
        }
        if isLate { onStop() }
    }

    /// The producer goes on when the server interrupts responses: it reports the end of the drain.
    func ignoreInterrupts() {
        state.withLock { $0.producer?.isInterruptible = false }
    }

    /// Releases the callbacks of a producer that has ended.
    package func removeProducer() { state.withLock { $0.producer = nil } }

    /// Stops the producer although the client is connected, because the response needs no more of its content.
    package func stopProducer() { state.withLock { $0.producer }?.onStop() }
}
