internal import MartletHTTP
internal import MartletUV

/// Where a backend emits what it generates.
///
/// A sink may be used from any task and any thread, and for several choices at once. `emit` turns the event into bytes
/// right away and returns; only when the client reads too slowly does it suspend.
public struct StreamSink: Sendable {
    enum Target: Sendable {
        /// A response; `promptIndex` is the prompt of the request that the sink is for, `permit` what it generates by.
        case reply(Reply, promptIndex: Int, permit: Permit)
        case closure(@Sendable (StreamEvent) throws -> Void)
    }

    let target: Target

    init(_ target: Target) { self.target = target }

    /// A sink that hands each event to `receive`, for tests and for wrappers around other backends.
    public init(_ receive: @escaping @Sendable (StreamEvent) throws -> Void) { self.init(.closure(receive)) }

    /// Emits a piece of text; it counts as one token.
    ///
    /// - Throws: `CancellationError` when nothing more is wanted: the client is gone, or the answer is complete
    ///   because of a stop string or `max_tokens`, or the calling task was cancelled. Let it pass.
    public nonisolated(nonsending) func emit(_ text: String, choice: Int = 0) async throws {
        try await emit(.text(text, choice: choice))
    }

    /// Emits an event.
    ///
    /// - Throws: `CancellationError`, as `emit(_:choice:)`.
    public nonisolated(nonsending) func emit(_ event: StreamEvent) async throws {
        switch target {
        case .closure(let receive):
            try receive(event)
        case .reply(let reply, let promptIndex, let permit):
            // Usage may be told late; nothing else is wanted of a task that was cancelled.
            if Task.isCancelled && !event.isUsage { throw CancellationError() }
            let pressure = try reply.receive(event, promptIndex: promptIndex)
            if pressure.needsSignal { reply.stream.signal() }
            if pressure.isHigh || permit.isYielded {
                permit.yieldWhilePaused()
                try await reply.stream.waitForRoom()
                try await permit.reacquire()
            } else if pressure.needsSignal && !reply.stream.loop.isCurrent {
                // Whoever has just woken the loop lets others of the pool run too: a backend that only computes
                // would otherwise keep its thread until its answer ends.
                await Task.yield()
            }
        }
    }

    /// Whether nothing more is wanted, or the calling task was cancelled. For backends that look before they compute
    /// the next token.
    public var isCancelled: Bool {
        if Task.isCancelled { return true }
        return switch target {
        case .closure: false
        case .reply(let reply, let promptIndex, _): reply.isOver(promptIndex: promptIndex)
        }
    }
}
