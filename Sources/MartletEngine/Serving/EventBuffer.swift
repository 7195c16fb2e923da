internal import Martlet
internal import MartletUV

/// The events of one in-process generation, between the engine's thread, which never waits, and the task that consumes
/// them.
///
/// Consuming gives credit: at `highWater` buffered events the producer has none, until `lowWater` are left. A generation
/// without credit is left out of the engine's steps, so the buffer exceeds its mark by one step's events at most.
final class EventBuffer: Sendable {
    static let highWater = 64
    static let lowWater = 16

    private struct State {
        var events: [StreamEvent] = []
        /// The index of the first event that is not consumed.
        var first = 0
        var isPaused = false
        /// Set once, by the producer or by `cancel()`.
        var end: Result<Void, any Error>?
        var isCancelled = false
        var waiting: [CheckedContinuation<Void, Never>] = []

        var count: Int { events.count - first }

        mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
            defer { waiting = [] }
            return waiting
        }
    }

    private enum Taken {
        case event(StreamEvent)
        case end(Result<Void, any Error>)
        case nothing
    }

    private let state = Locked(State())
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called from any thread when there is credit again, and when the consumer has gone.
    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    // MARK: The engine's side

    var hasCredit: Bool { state.withLock { !$0.isPaused } }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func offer(_ event: StreamEvent) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.end == nil else { return [] }
            state.events.append(event)
            if state.count >= Self.highWater { state.isPaused = true }
            return state.takeWaiting()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Ends the events. Only the first end counts.
    func end(_ result: Result<Void, any Error>) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.end = state.end ?? result
            return state.takeWaiting()
        }
        for continuation in waiting { continuation.resume() }
    }

    // MARK: The consumer's side

    /// The next event; nil after the last one.
    ///
    /// - Throws: what the generation failed with; `CancellationError` if the calling task is cancelled, which ends the
    ///   generation.
    nonisolated(nonsending) func next() async throws -> StreamEvent? {
        try await withTaskCancellationHandler {
            while true {
                switch take() {
                case .event(let event): return event
                case .end(let result):
                    try result.get()
                    return nil
                case .nothing: await waitForMore()
                }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Drops buffered events and ends the generation, unless it has ended.
    func cancel() {
        let (waiting, wasRunning) = state.withLock { state -> ([CheckedContinuation<Void, Never>], Bool) in
            let wasRunning = state.end == nil
            state.isCancelled = true
            state.end = .failure(CancellationError())
            state.events = []
            state.first = 0
            return (state.takeWaiting(), wasRunning)
        }
        for continuation in waiting { continuation.resume() }
        if wasRunning { wake() }
    }

    private func take() -> Taken {
        let (taken, hasCreditAgain) = state.withLock { state -> (Taken, Bool) in
            guard state.count > 0 else { return (state.end.map(Taken.end) ?? .nothing, false) }
            let event = state.events[state.first]
            state.first += 1
            if state.first == state.events.count {
                state.events.removeAll(keepingCapacity: true)
                state.first = 0
            }
            guard state.isPaused, state.count <= Self.lowWater else { return (.event(event), false) }
            state.isPaused = false
            return (.event(event), true)
        }
        if hasCreditAgain { wake() }
        return taken
    }

    private nonisolated(nonsending) func waitForMore() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                guard state.count == 0, state.end == nil else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}

/// Where the engine's thread sends a generation's events.
enum EventOutlet: Sendable {
    /// A request's sink, in a server or of an author's own.
    case mailbox(Mailbox)
    /// An in-process consumer.
    case buffer(EventWriter)

    /// Whether nothing more is wanted.
    var isCancelled: Bool {
        switch self {
        case .mailbox(let mailbox): mailbox.isCancelled
        case .buffer(let writer): writer.buffer.isCancelled
        }
    }

    /// Whether the consumer keeps up. Without credit, a generation is left out of the engine's steps.
    var hasCredit: Bool {
        switch self {
        case .mailbox(let mailbox): mailbox.hasCredit
        case .buffer(let writer): writer.buffer.hasCredit
        }
    }

    /// Reports that the request takes part in a step for the first time.
    func started() {
        if case .mailbox(let mailbox) = self { mailbox.started() }
    }

    func fail(_ error: any Error) {
        switch self {
        case .mailbox(let mailbox): mailbox.fail(error)
        case .buffer(let writer): writer.buffer.end(.failure(error))
        }
    }

    /// Whether nothing more is wanted of one choice.
    func isOver(choice: Int) -> Bool {
        switch self {
        case .mailbox(let mailbox): mailbox.isOver(choice: choice)
        case .buffer: false
        }
    }
}

/// The engine's reference to a buffer. An engine that has been stopped releases it before the end, which ends the events
/// with an error.
final class EventWriter: Sendable {
    let buffer: EventBuffer

    init(_ buffer: EventBuffer) { self.buffer = buffer }

    deinit { buffer.end(.failure(BackendError.modelStopped)) }
}

extension BackendError {
    static var modelStopped: BackendError { .unavailable("The model has been stopped.") }
}

extension MailboxStep {
    mutating func offer(_ event: StreamEvent, to outlet: EventOutlet) {
        switch outlet {
        case .mailbox(let mailbox): offer(event, to: mailbox)
        case .buffer(let writer): writer.buffer.offer(event)
        }
    }

    mutating func finish(_ outlet: EventOutlet) {
        switch outlet {
        case .mailbox(let mailbox): finish(mailbox)
        case .buffer(let writer): writer.buffer.end(.success(()))
        }
    }
}
