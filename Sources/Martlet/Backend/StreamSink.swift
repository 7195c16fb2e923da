internal import MartletHTTP
internal import MartletUV

/// The destination of the events that a backend generates.
///
/// A sink may be used from any task on any thread, and for several choices concurrently. `emit` encodes the event into
/// the response's buffer and returns; it suspends only while the client reads too slowly, or while the generation waits
/// for a permit after that.
public struct StreamSink: Sendable {
    enum Target: Sendable {
        /// A client's reply. `promptIndex` is the index of the prompt in the request, and `permit` allows its
        /// generation.
        case reply(Reply, promptIndex: Int, permit: Permit)
        case closure(@Sendable (StreamEvent) throws -> Void)
    }

    let target: Target

    init(_ target: Target) { self.target = target }

    /// Creates a sink that passes each event to `receive`, for tests and for wrappers around other backends. An error
    /// that `receive` throws is thrown by `emit`.
    public init(_ receive: @escaping @Sendable (StreamEvent) throws -> Void) { self.init(.closure(receive)) }

    /// Reports that a backend that `schedulesItself` has started the request: it takes part in the computation. Until
    /// then it counts as waiting.
    ///
    /// Calls after the first have no effect, and neither have those of other backends. The first event other than usage
    /// reports it too. A sink made from a closure ignores it.
    public func started() { if case .reply(let reply, _, let permit) = target { reply.start(permit) } }

    /// Emits text that follows the text so far. It counts as one token.
    ///
    /// - Throws: `CancellationError` if the generation should stop: the client has disconnected, the reply is complete
    ///   because of a stop string or `max_tokens`, or the calling task was cancelled. A backend lets it propagate.
    public nonisolated(nonsending) func emit(_ text: String, choice: Int = 0) async throws {
        try await emit(.text(text, choice: choice))
    }

    /// Emits an event of any kind.
    ///
    /// - Throws: `CancellationError` as `emit(_:choice:)` does; `BackendError` for a choice that the request does not
    ///   have.
    public nonisolated(nonsending) func emit(_ event: StreamEvent) async throws {
        switch target {
        case .closure(let receive):
            try receive(event)
        case .reply(let reply, let promptIndex, let permit):
            // A cancelled task may still report usage, but nothing else.
            if Task.isCancelled && !event.isUsage { throw CancellationError() }
            if permit.awaitsStart && !event.isUsage { reply.start(permit) }
            let pressure = try reply.receive(event, promptIndex: promptIndex)
            if pressure.needsSignal { reply.stream.signal() }
            if pressure.isHigh || permit.isYielded {
                permit.yieldWhilePaused()
                try await reply.stream.waitForRoom()
                try await permit.reacquire()
            } else if pressure.needsSignal && !reply.stream.loop.isCurrent {
                // Yields after it has woken the loop: a backend that only computes would otherwise occupy its thread of
                // the pool until its generation ends.
                await Task.yield()
            }
        }
    }

    /// The generation is about to be asked of another server, named so in records; the last one is that of the reply.
    package func willSend(to upstream: String) {
        if case .reply(let reply, _, _) = target { reply.send(to: upstream) }
    }

    /// Whether the generation should stop, for backends that check before they compute the next token. True under the
    /// conditions in which `emit(_:choice:)` throws `CancellationError`.
    public var isCancelled: Bool {
        if Task.isCancelled { return true }
        return switch target {
        case .closure: false
        case .reply(let reply, let promptIndex, _): reply.isOver(promptIndex: promptIndex)
        }
    }
}
