internal import MartletHTTP
internal import MartletUV

/// A sink for an engine with its own thread. The engine offers events with a `MailboxStep` from any thread and never
/// waits.
///
/// A mailbox ends with `MailboxStep.finish(_:)`, with `fail(_:)`, or when the engine releases the last reference to it.
/// The request whose task called `StreamSink.withMailbox(wake:_:)` waits until then. All members are safe to use from
/// any thread.
public final class Mailbox: Sendable {
    private let target: StreamSink.Target
    private let wait: Locked<CheckedContinuation<Void, any Error>?>
    /// Set once no more events are accepted. Shared with the waiting task, which must not retain the mailbox itself.
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
        // An engine may release the mailbox of a cancelled or complete request without finishing it.
        let error: any Error =
            isCancelled
            ? CancellationError() : BackendError.failed("The engine dropped the request without finishing it.")
        wait.withLock { $0.take() }?.resume(throwing: error)
    }

    /// Whether the engine should stop: the client has disconnected, the request's task was cancelled, or the reply is
    /// complete. Events that are offered after that are dropped.
    public var isCancelled: Bool {
        if cancellation.isSet { return true }
        return switch target {
        case .closure: wait.withLock { $0 == nil }
        case .reply(let reply, let promptIndex, _): reply.isOver(promptIndex: promptIndex)
        }
    }

    /// Whether one choice is complete, because of a stop string or a limit. Events for it are dropped after that.
    public func isOver(choice: Int) -> Bool {
        switch target {
        case .closure: false
        case .reply(let reply, let promptIndex, _): reply.isOver(promptIndex: promptIndex, choice: choice)
        }
    }

    /// Whether the engine should generate for this stream: the client keeps up, and the request has a permit. While the
    /// client is too slow, the stream is paused and its permit goes to a waiting request.
    ///
    /// An engine leaves a stream without credit out of its steps. `wake` is called when it has credit again.
    public var hasCredit: Bool {
        switch target {
        case .closure: true
        case .reply(let reply, _, let permit): reply.stream.hasRoom && !permit.isYielded
        }
    }

    /// Reports that the engine has started the request, as `StreamSink.started()` does: its first generation takes part
    /// in a step. Preempted generations, and further ones of the request, are not reported again.
    ///
    /// It takes effect at once and not with a `MailboxStep`, since it carries nothing to the client: an engine reports
    /// it before it computes a step, which may take long.
    public func started() { if case .reply(let reply, _, let permit) = target { reply.start(permit) } }

    /// Ends the reply with an error, which the waiting `withMailbox(wake:_:)` throws. Has no effect on a mailbox that
    /// has ended.
    public func fail(_ error: any Error) {
        wait.withLock { $0.take() }?.resume(throwing: error)
    }

    func finish() { wait.withLock { $0.take() }?.resume() }

    /// Folds the event in. Returns the reply whose stream has to be signalled; nil if none has.
    func receive(_ event: StreamEvent) -> Reply? {
        do {
            switch target {
            case .closure(let receive):
                try receive(event)
                return nil
            case .reply(let reply, let promptIndex, let permit):
                if permit.awaitsStart && !event.isUsage { reply.start(permit) }
                let pressure = try reply.receive(event, promptIndex: promptIndex)
                if pressure.isHigh {
                    permit.yieldWhilePaused()
                    // The buffer may have drained before the permit was given up.
                    if reply.stream.hasRoom { permit.reacquire(onGrant: wake) }
                }
                return pressure.needsSignal ? reply : nil
            }
        } catch {
            // The reply takes no more events; the engine sees `isCancelled` before its next step.
            cancellation.set()
            if !(error is CancellationError) { fail(error) }
            return nil
        }
    }
}

extension StreamSink {
    /// Passes a new mailbox to an engine and suspends until the engine has ended it.
    ///
    /// - Parameters:
    ///   - wake: Wakes an engine that sleeps. Called when the mailbox is cancelled or has credit again, from any
    ///     thread, and also from within `MailboxStep.offer(_:to:)`, for example by the event that completes a reply:
    ///     the engine must not hold a lock there that `wake` takes.
    ///   - submit: Passes the mailbox to the engine. Nothing but the engine may retain it.
    /// - Throws: The error that `submit` throws or that the engine passes to `Mailbox.fail(_:)`; `CancellationError` or
    ///   `BackendError` if the engine releases the mailbox without ending it.
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

    /// Arranges for the engine to be woken when the client has disconnected, and when the buffer has drained and the
    /// request has a permit again.
    private func listen(_ wake: @escaping @Sendable () -> Void) -> (stream: ResponseBuffer, id: Int)? {
        guard case .reply(let reply, _, let permit) = target else { return nil }
        let id = reply.stream.addListener {
            permit.reacquire(onGrant: wake)
            wake()
        }
        return (reply.stream, id)
    }
}

/// The events of one engine step for all of its streams. Sending a step wakes each event loop once, however many
/// streams it serves.
public struct MailboxStep: ~Copyable {
    private var signals: [(loop: EventLoop, flushes: [@Sendable () -> Void])] = []
    private var finished: [Mailbox] = []

    public init() {}

    deinit { deliver() }

    /// Adds an event to a mailbox. It is sent with the step. If the mailbox is cancelled, the event is dropped.
    public mutating func offer(_ event: StreamEvent, to mailbox: Mailbox) {
        guard let stream = mailbox.receive(event)?.stream else { return }
        if let index = signals.firstIndex(where: { $0.loop === stream.loop }) {
            signals[index].flushes.append(stream.flush)
        } else {
            signals.append((stream.loop, [stream.flush]))
        }
    }

    /// Marks a mailbox's generation as complete. Its request ends when the step is sent.
    public mutating func finish(_ mailbox: Mailbox) { finished.append(mailbox) }

    /// Sends the step. A step that goes out of scope is sent too.
    public consuming func send() {}

    private func deliver() {
        for (loop, flushes) in signals { loop.atEndOfTurn(flushes) }
        for mailbox in finished { mailbox.finish() }
    }
}
