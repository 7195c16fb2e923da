package import MartletUV

extension ResponseBuffer.State {
    /// The pending tokens are being written. The first ones end no interval.
    fileprivate mutating func recordTokens(at time: UInt64, in intervals: AtomicHistogram) {
        if lastTokenTime > 0 { intervals.record(Int(time - lastTokenTime)) }
        lastTokenTime = time
        hasNewTokens = false
    }
}

/// The connection's side of a response buffer, on the loop.
extension ResponseBuffer {
    private typealias Waiters = [UnsafeContinuation<Void, any Error>]
    private typealias Listeners = [@Sendable () -> Void]

    /// What the connection writes next.
    package enum Output: Sendable {
        case nothing
        /// Close the connection.
        case aborted
        case complete(HTTPResponse)
        /// `head` the first time only.
        case part(head: ResponseHead?, bytes: [UInt8], isLast: Bool)
    }

    /// Takes the pending output; with `committingHead` also a head that no byte follows yet.
    package func take(committingHead: Bool = false) -> Output {
        state.withLock { state in
            state.isSignalled = false
            if case .aborted = state.end { return .aborted }
            let isLast = if case .finished = state.end { true } else { false }
            var head: ResponseHead?
            switch state.head {
            case .complete(var response):
                state.head = .taken
                response.head.fields.append(contentsOf: state.fields)
                return .complete(response)
            case .prepared(let prepared, let opening) where committingHead || isLast || !state.pending.isEmpty:
                state.head = .taken
                head = prepared
                head?.fields.append(contentsOf: state.fields)
                if !opening.isEmpty { state.pending.insert(contentsOf: opening, at: 0) }
            case .none, .prepared, .taken: break
            }
            if head == nil && state.pending.isEmpty && !isLast { return .nothing }
            if let intervals = state.intervals, state.hasNewTokens {
                state.recordTokens(at: loop.turnTime, in: intervals)
            }
            let bytes = state.pending
            state.pending = []
            state.unsent += bytes.count
            return .part(head: head, bytes: bytes, isLast: isLast)
        }
    }

    /// Counts the times between the writes that have new tokens, in nanoseconds.
    package func measureIntervals(in histogram: AtomicHistogram) { state.withLock { $0.intervals = histogram } }

    /// What the connection waits for while there is nothing to send.
    package enum Wait { case head, relayedHead, content }

    package var wait: Wait { state.withLock { $0.isHeadTaken ? .content : $0.isRelayed ? .relayedHead : .head } }

    /// Appends the heartbeat to a started stream that has nothing else to send.
    package func sendHeartbeat() {
        state.withLock { state in
            if state.isOpen && state.isHeadTaken && state.pending.isEmpty { state.pending = state.heartbeat }
        }
    }

    /// Updates the number of bytes that the system has not taken, which may release waiting producers.
    package func didWrite(unsent: Int) {
        let (waiters, listeners) = state.withLock { state -> (Waiters, Listeners) in
            state.unsent = unsent
            guard state.isCongested, state.pending.count + unsent <= Self.lowWater else { return ([], []) }
            state.isCongested = false
            defer { state.waiters = [] }
            return (state.waiters.map(\.continuation), Listeners(state.listeners.values))
        }
        for waiter in waiters { waiter.resume() }
        for listener in listeners { listener() }
    }

    /// The client has left: stops the producer and ends all waits.
    package func cancel() {
        let (producer, waiters, listeners) = state.withLock { state -> (Producer?, Waiters, Listeners) in
            state.end = .cancelled
            state.pending = []
            defer {
                state.waiters = []
                state.producer = nil
            }
            return (state.producer, state.waiters.map(\.continuation), Listeners(state.listeners.values))
        }
        producer?.onStop()
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
        for listener in listeners { listener() }
    }

    /// The server stops without waiting any longer: the producer may end the response with an error, and stops.
    package func interrupt() {
        guard let producer = state.withLock({ $0.producer }), producer.isInterruptible else { return }
        producer.onInterrupt()
        producer.onStop()
    }
}
