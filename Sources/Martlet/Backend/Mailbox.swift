internal import MartletHTTP
internal import MartletUV

/// A sink's other face, for an engine with a thread of its own: the engine puts events in with a `MailboxStep`, from
/// its own thread, and never waits.
///
/// A mailbox ends by `MailboxStep.finish`, by `fail`, or when the engine lets go of the last reference to it.
public final class Mailbox: Sendable {
    private let target: StreamSink.Target
    private let wait: Locked<CheckedContinuation<Void, any Error>?>
    /// Set once no more events are accepted. Shared with the task that waits, which must not keep the mailbox itself.
    private let cancellation: AtomicFlag
    private let wake: @Sendable () -> Void

    init(
        _ target: StreamSink.Target, cancellation: AtomicFlag, wake: @escaping @Sendable () -> Void,
        _ continuation: CheckedContinuation<Void, any Error>
    ) {
        self.target = target
        self.cancellation = cancellation
        self.wake = wake
        wait = Locked(continuation)
    }

    deinit {
        // To let go of a request that is over is no fault.
        let error: any Error =
            isCancelled
            ? CancellationError() : BackendError.failed("The engine dropped the request without finishing it.")
        wait.withLock { $0.take() }?.resume(throwing: error)
    }

    /// Whether nothing more is wanted: the client is gone, the request's task was cancelled, or the answer is complete.
    public var isCancelled: Bool {
        if cancellation.isSet { return true }
        return switch target {
        case .closure: wait.withLock { $0 == nil }
        case .reply(let reply, let promptIndex, _): reply.isOver(promptIndex: promptIndex)
        }
    }

    /// Whether nothing more is wanted of one choice: a stop string or a limit has ended it.
    public func isOver(choice: Int) -> Bool {
        switch target {
        case .closure: false
        case .reply(let reply, let promptIndex, _): reply.isOver(promptIndex: promptIndex, choice: choice)
        }
    }

    /// Whether the client keeps up, and the request has its place among those that generate: a client that does not
    /// gives it to requests that wait, until it does. An engine leaves a stream without credit out of its steps, and is
    /// woken when there is credit again.
    public var hasCredit: Bool {
        switch target {
        case .closure: true
        case .reply(let reply, _, let permit): reply.stream.hasRoom && !permit.isYielded
        }
    }

    /// Ends the answer with an error.
    public func fail(_ error: any Error) {
        wait.withLock { $0.take() }?.resume(throwing: error)
    }

    func finish() { wait.withLock { $0.take() }?.resume() }

    /// Folds the event in. Returns the stream to be signalled, if it has to be.
    func receive(_ event: StreamEvent) -> Reply? {
        do {
            switch target {
            case .closure(let receive):
                try receive(event)
                return nil
            case .reply(let reply, let promptIndex, let permit):
                let pressure = try reply.receive(event, promptIndex: promptIndex)
                if pressure.isHigh {
                    permit.yieldWhilePaused()
                    // The client may have made room before the place was given up.
                    if reply.stream.hasRoom { permit.reacquire(onGrant: wake) }
                }
                return pressure.needsSignal ? reply : nil
            }
        } catch {
            // An answer that is over takes no more events; the engine sees `isCancelled` before its next step.
            cancellation.set()
            if !(error is CancellationError) { fail(error) }
            return nil
        }
    }
}

extension StreamSink {
    /// Gives an engine a mailbox and waits until the engine has ended it.
    ///
    /// - Parameters:
    ///   - wake: Called from any thread when the mailbox is cancelled or has credit again, for an engine that sleeps.
    ///     Also called from within `MailboxStep.offer`, as by the event that completes an answer: an engine must not
    ///     hold a lock there that `wake` takes.
    ///   - submit: Hands the mailbox to the engine. The engine alone may keep it.
    /// - Throws: What `submit` throws or the engine fails with.
    public nonisolated(nonsending) func withMailbox(
        wake: @escaping @Sendable () -> Void, _ submit: (Mailbox) throws -> Void
    ) async throws {
        let cancellation = AtomicFlag()
        let listener = listen(wake)
        defer { listener.map { $0.stream.removeListener($0.id) } }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let mailbox = Mailbox(target, cancellation: cancellation, wake: wake, continuation)
                do { try submit(mailbox) } catch { mailbox.fail(error) }
            }
        } onCancel: {
            cancellation.set()
            wake()
        }
    }

    /// Has the engine woken when the client has gone, or has made room and the request has its place again.
    private func listen(_ wake: @escaping @Sendable () -> Void) -> (stream: ResponseBuffer, id: Int)? {
        guard case .reply(let reply, _, let permit) = target else { return nil }
        let id = reply.stream.addListener {
            permit.reacquire(onGrant: wake)
            wake()
        }
        return (reply.stream, id)
    }
}

/// What an engine's one step has to say to all of its streams: every loop is woken once, when the step is sent.
public struct MailboxStep: ~Copyable {
    private var signals: [(loop: EventLoop, flushes: [@Sendable () -> Void])] = []
    private var finished: [Mailbox] = []

    public init() {}

    deinit { deliver() }

    /// Puts an event into a mailbox. It leaves with the step.
    public mutating func offer(_ event: StreamEvent, to mailbox: Mailbox) {
        guard let stream = mailbox.receive(event)?.stream else { return }
        if let index = signals.firstIndex(where: { $0.loop === stream.loop }) {
            signals[index].flushes.append(stream.flush)
        } else {
            signals.append((stream.loop, [stream.flush]))
        }
    }

    /// Says that a mailbox's generation is complete. Its request ends when the step is sent.
    public mutating func finish(_ mailbox: Mailbox) { finished.append(mailbox) }

    /// Wakes the loops. A step that goes out of scope is sent too.
    public consuming func send() {}

    private func deliver() {
        for (loop, flushes) in signals { loop.atEndOfTurn(flushes) }
        for mailbox in finished { mailbox.finish() }
    }
}
