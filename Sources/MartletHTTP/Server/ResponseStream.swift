package import MartletUV

/// What a request's task and its connection share: the response on its way out.
///
/// The task appends from any thread; the loop takes what has gathered and writes it. Nothing but this crosses
/// between the two.
package final class ResponseStream: Sendable {
    /// Above this many unsent bytes writers wait, and go on below the low-water mark.
    package static let highWater = 64 * 1024
    package static let lowWater = 16 * 1024

    private typealias Waiters = [UnsafeContinuation<Void, any Error>]
    private typealias Listeners = [@Sendable () -> Void]

    private struct State {
        /// Goes out with the first byte, or when the head wait is over; a whole reply may still replace it before.
        var head: ResponseHead?
        var isHeadTaken = false
        var heartbeat: [UInt8] = []
        var wholeReply: HTTPResponse?
        var pending: [UInt8] = []
        /// Bytes that the connection has taken and the system has not.
        var unsent = 0
        var isFinished = false
        /// Ended without its end, so that the client sees that something is missing.
        var isBroken = false
        var isCancelled = false
        var isSignalled = false
        /// From the high-water mark until the low one is reached.
        var isCongested = false
        var waiters: [(id: Int, continuation: UnsafeContinuation<Void, any Error>)] = []
        var task: Task<Void, Never>?
        /// Set also before the task is known, which may begin to run sooner than that.
        var isTaskUnwanted = false
        var onInterrupt: (@Sendable () -> Void)?
        var nextID = 0
        /// Told, from any thread, when the client has gone or has made room again.
        var listeners: [Int: @Sendable () -> Void] = [:]

        var isCommitted: Bool { isHeadTaken || !pending.isEmpty }
        var backlog: Int { pending.count + unsent }
    }

    /// What an `append` asks of its caller.
    package struct Pressure: Sendable {
        /// The buffer was empty and the loop has to be told: by `signal()`, once for many streams if need be.
        package var needsSignal: Bool
        /// More than the high-water mark is unsent: wait for room.
        package var isHigh: Bool
    }

    package let loop: EventLoop
    /// Makes the connection look at this stream; runs on the loop.
    package let flush: @Sendable () -> Void
    /// For the request and its response, until both sides have let go of this stream.
    package let memory: MemoryReservation
    private let state = Locked(State())

    package init(
        on loop: EventLoop, memory: consuming MemoryReservation = MemoryReservation(of: .unlimited),
        flush: @escaping @Sendable () -> Void
    ) {
        self.loop = loop
        self.memory = memory
        self.flush = flush
    }

    // MARK: The task's side

    package var isCancelled: Bool { state.withLock { $0.isCancelled } }
    package var hasRoom: Bool { state.withLock { !$0.isCongested } }
    /// Whether a response in pieces has been begun.
    package var isPrepared: Bool { state.withLock { $0.head != nil } }

    /// Sets the head that the first byte will take along, or the end of the head wait.
    /// `heartbeat` is what the connection sends when nothing else has gone out for a while.
    /// After a wait for its turn the request's head wait begins anew.
    package func prepare(_ head: ResponseHead, heartbeat: [UInt8] = [], hasWaited: Bool = false) {
        state.withLock { state in
            state.head = head
            state.heartbeat = heartbeat
        }
        if hasWaited { signal() }
    }

    /// Sends one whole reply. Returns false, and sends nothing, if another answer has begun.
    @discardableResult
    package func send(_ reply: HTTPResponse) -> Bool {
        let isSent = state.withLock { state in
            if state.isCommitted || state.isFinished || state.isCancelled { return false }
            state.wholeReply = reply
            state.isFinished = true
            return true
        }
        if isSent { signal() }
        return isSent
    }

    /// Appends content that `render` writes, under the lock. Throws `CancellationError` when the client is gone.
    /// The caller signals if it is told to.
    package func append(_ render: (inout [UInt8]) -> Void) throws(CancellationError) -> Pressure {
        let pressure: Pressure? = state.withLock { state in
            if state.isCancelled || state.isFinished { return nil }
            render(&state.pending)
            let needsSignal = !state.isSignalled && !state.pending.isEmpty
            if needsSignal { state.isSignalled = true }
            if state.backlog > Self.highWater { state.isCongested = true }
            return Pressure(needsSignal: needsSignal, isHigh: state.isCongested)
        }
        guard let pressure else { throw CancellationError() }
        return pressure
    }

    /// Appends the last content and ends the response; the connection can serve the next request.
    /// Returns false, and does nothing, if it has ended.
    @discardableResult
    package func finish(_ render: (inout [UInt8]) -> Void = { _ in }) -> Bool {
        let isNew = state.withLock { state in
            if state.isCancelled || state.isFinished { return false }
            render(&state.pending)
            state.isFinished = true
            state.isSignalled = true
            return true
        }
        if isNew { loop.atEndOfTurn(flush) }
        return isNew
    }

    /// Ends a response that has begun without its end: the connection closes, and the client sees that it is not whole.
    package func breakOff() -> Bool {
        state.withLock { $0.isBroken = true }
        return finish()
    }

    /// Ends the response with an error: as a whole reply while the head is still here, else as `render` says inside
    /// the stream that has begun. Returns whether there was somebody left to tell.
    @discardableResult
    package func fail(_ reply: HTTPResponse, orAppend render: (inout [UInt8]) -> Void) -> Bool {
        send(reply) || finish(render)
    }

    /// Tells the loop that something has gathered.
    package func signal() { loop.atEndOfTurn(flush) }

    /// Returns when at most the low-water mark is unsent; throws `CancellationError` when the client is gone or the
    /// calling task is cancelled.
    package nonisolated(nonsending) func waitForRoom() async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let mayGoOn: Bool? = state.withLock { state in
                    if state.isCancelled || Task.isCancelled { return nil }
                    if !state.isCongested { return true }
                    state.waiters.append((id, continuation))
                    return false
                }
                switch mayGoOn {
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

    /// Runs `operation` as the task of this response, which ends with the client. `executor` is where code that names
    /// no executor of its own runs: the global pool if it is nil.
    package func run(
        on executor: (any TaskExecutor)?, counting tasks: Gauge, _ operation: @escaping @Sendable () async -> Void
    ) {
        tasks.add(1)
        let task = Task(executorPreference: executor) {
            await operation()
            self.state.withLock { state in
                state.task = nil
                state.onInterrupt = nil
            }
            tasks.add(-1)
        }
        let isLate = state.withLock { state in
            state.task = task
            return state.isCancelled || state.isTaskUnwanted
        }
        if isLate { task.cancel() }
    }

    /// Cancels the task although the client is there: nothing that it could add is wanted any more.
    package func cancelTask() {
        let task = state.withLock { state in
            state.isTaskUnwanted = true
            return state.task
        }
        task?.cancel()
    }

    /// Sets what a server that stops without waiting calls to end the response in good order.
    package func onInterrupt(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.onInterrupt = action } }

    /// Has `listener` called, from any thread, when the client has gone or has made room again.
    package func addListener(_ listener: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextID += 1
            state.listeners[state.nextID] = listener
            return state.nextID
        }
    }

    package func removeListener(_ id: Int) { state.withLock { $0.listeners[id] = nil } }

    // MARK: The loop's side

    /// What the connection is to write next.
    package enum Output: Sendable {
        case nothing
        /// Close the connection.
        case broken
        case whole(HTTPResponse)
        /// `head` the first time only.
        case part(head: ResponseHead?, bytes: [UInt8], isLast: Bool)
    }

    /// Takes what has gathered. With `committingHead` also a head that no byte follows yet.
    package func take(committingHead: Bool = false) -> Output {
        state.withLock { state in
            state.isSignalled = false
            if state.isBroken { return .broken }
            if let reply = state.wholeReply {
                state.wholeReply = nil
                return .whole(reply)
            }
            var head: ResponseHead?
            if !state.isHeadTaken, state.isCommitted || state.isFinished || committingHead {
                head = state.head
                state.isHeadTaken = head != nil
            }
            if head == nil && state.pending.isEmpty && !state.isFinished { return .nothing }
            let bytes = state.pending
            state.pending = []
            state.unsent += bytes.count
            return .part(head: head, bytes: bytes, isLast: state.isFinished)
        }
    }

    /// Whether the head is out.
    package var isStarted: Bool { state.withLock { $0.isHeadTaken } }

    /// Adds the heartbeat to a stream that has begun and has nothing else to send.
    package func sendHeartbeat() {
        state.withLock { state in
            if state.isHeadTaken && state.pending.isEmpty && !state.isFinished { state.pending = state.heartbeat }
        }
    }

    /// Says how many bytes the connection still holds, which lets writers go on or not.
    package func didWrite(unsent: Int) {
        let (waiters, listeners) = state.withLock { state -> (Waiters, Listeners) in
            state.unsent = unsent
            guard state.isCongested, state.backlog <= Self.lowWater else { return ([], []) }
            state.isCongested = false
            defer { state.waiters = [] }
            return (state.waiters.map(\.continuation), Listeners(state.listeners.values))
        }
        for waiter in waiters { waiter.resume() }
        for listener in listeners { listener() }
    }

    /// The client is gone: cancels the task and wakes whoever waits.
    package func cancel() {
        let (task, waiters, listeners) = state.withLock { state -> (Task<Void, Never>?, Waiters, Listeners) in
            state.isCancelled = true
            state.pending = []
            defer {
                state.waiters = []
                state.onInterrupt = nil
            }
            return (state.task, state.waiters.map(\.continuation), Listeners(state.listeners.values))
        }
        task?.cancel()
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
        for listener in listeners { listener() }
    }

    /// The server stops without waiting any longer: the task may say a last word, and is cancelled.
    package func interrupt() {
        let (action, task) = state.withLock { ($0.onInterrupt, $0.task) }
        action?()
        task?.cancel()
    }
}
