internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// Turns the values of a stream into events, and accumulates them into a reply.
protocol StreamFold: Sendable {
    associatedtype Event: Sendable

    /// The response whose content the stream is.
    var response: ResponseInfo { get }
    /// Whether every choice that has begun is finished, so that the end of the content is a complete reply.
    var isComplete: Bool { get }
    /// Whether every requested choice is finished: only usage and the end may follow.
    var isOver: Bool { get }
    /// The first choice's finish reason, if the server sent one.
    var finishReason: FinishReason? { get }
    /// Whether the API's own end mark has arrived, other than `[DONE]`: nothing that matters follows.
    var isEnded: Bool { get }
    /// What completes a reply, for the error of one that ends without it.
    var endMark: String { get }
    /// The name of events that, like comments, only show that the connection is alive; nil if there are none.
    var keepAliveEvent: String? { get }
    /// Whether the end of the content is a regular end even without a finish reason and `[DONE]`.
    static var endsWithContent: Bool { get }

    /// The error that a value reports; nil if it reports none.
    func failure(in value: JSONValue) -> ClientError?

    /// The events of a value; `name` is that of its server-sent event, usually empty.
    mutating func events(of value: JSONValue, named name: String) -> [Event]
    /// Buffered events at the end of the stream.
    mutating func finish() -> [Event]
    /// Whether an event counts as a token for the timeouts.
    static func isProgress(_ event: Event) -> Bool
}

extension StreamFold {
    var isEnded: Bool { false }
    var endMark: String { "a finish reason or [DONE]" }
    var keepAliveEvent: String? { nil }
    func failure(in value: JSONValue) -> ClientError? { ClientError(in: value, fields: response.fields) }
}

/// The state that copies of a stream share. The first iterator that asks for an event owns it.
final class StreamReader<Fold: StreamFold>: Sendable {
    private struct State {
        /// Nil while a read is in progress.
        var events: EventReader?
        var fold: Fold
        /// Events to return before the next read, in reverse order.
        var pending: [Fold.Event] = []
        var ending: StreamEnding?
        var owner: ObjectIdentifier?

        /// Whether this iterator may read. Any iterator may read a stream that has ended.
        mutating func admits(_ iterator: ObjectIdentifier) -> Bool {
            owner = owner ?? iterator
            return owner == iterator || (ending != nil && pending.isEmpty)
        }
    }

    private let response: OpenResponse
    private let attempts: Int
    private let state: Locked<State>

    init(_ events: EventReader, first: EventReader.Next, fold: Fold) {
        response = events.response
        attempts = fold.response.attempts
        state = Locked(State(events: events, fold: fold))
        take(first)
    }

    deinit { response.end() }

    var ending: StreamEnding? { state.withLock { $0.ending } }
    /// The state of the reply so far.
    var fold: Fold { state.withLock { $0.fold } }

    func next(for iterator: ObjectIdentifier) async throws(ClientError) -> Fold.Event? {
        while true {
            let (isAdmitted, event, ending) = state.withLock { state in
                let isAdmitted = state.admits(iterator)
                return (isAdmitted, isAdmitted ? state.pending.popLast() : nil, state.ending)
            }
            guard isAdmitted else { throw Self.hasReader }
            if let event { return event }
            switch ending {
            case .finished: return nil
            case .interrupted(let error), .failed(let error): throw error
            case .cancelled: throw ClientError(.cancelled, "The stream was cancelled.")
            case nil: try await read()
            }
        }
    }

    private static var hasReader: ClientError {
        ClientError(.formatError, "A stream has one reader, and another iterator already reads this one.")
    }

    func cancel() {
        if end(.cancelled) { response.end() }
    }

    /// Called when an iterator is released; ends the stream if the iterator owns it.
    func release(_ iterator: ObjectIdentifier) {
        let wasReader = state.withLock { state in
            if state.owner != iterator { return false }
            state.pending = []
            return true
        }
        if wasReader { cancel() }
    }

    private func read() async throws(ClientError) {
        guard var events = state.withLock({ $0.events.take() }) else {
            throw Self.hasReader
        }
        let result: Result<EventReader.Next, ClientError>
        do throws(ClientError) { result = .success(try await events.next()) } catch { result = .failure(error) }
        state.withLock { $0.events = events }
        switch result {
        case .success(let next): take(next)
        case .failure(var error):
            error.attempts = attempts
            let (isComplete, reason) = state.withLock { ($0.fold.isComplete, $0.fold.finishReason) }
            // Only usage may be missing after the finish reason.
            if isComplete, error.reason == .interrupted || error.timeout == .idle {
                end(.finished(reason))
                return
            }
            switch error.reason {
            case .cancelled: end(.cancelled)
            case .interrupted: end(.interrupted(error))
            default: end(.failed(error))
            }
        }
    }

    private func take(_ next: EventReader.Next) {
        switch next {
        case .value(let value, let name):
            if var error = state.withLock({ $0.fold.failure(in: value) }) {
                error.attempts = attempts
                end(.failed(error))
                response.drainAndClose()
                return
            }
            let isEnded = state.withLock { state in
                state.pending = state.fold.events(of: value, named: name).reversed()
                if state.pending.contains(where: Fold.isProgress) { state.events?.hasBegun = true }
                state.events?.isFinished = state.fold.isOver
                return state.fold.isEnded
            }
            if isEnded { finish() }
        case .done: finish()
        case .end:
            let (isComplete, reason, mark) = state.withLock { state in
                (state.fold.isComplete, state.fold.finishReason, state.fold.endMark)
            }
            var cut = ClientError(
                .interrupted, "read body: the stream ended without \(mark); the reply is incomplete.")
            cut.attempts = attempts
            end(isComplete || Fold.endsWithContent ? .finished(reason) : .interrupted(cut))
            response.end()
        }
    }

    /// Ends a stream whose end mark has arrived.
    private func finish() {
        end(.finished(state.withLock { $0.fold.finishReason }))
        response.drainAndClose()
    }

    @discardableResult
    private func end(_ ending: StreamEnding) -> Bool {
        state.withLock { state in
            if state.ending != nil { return false }
            let rest = state.fold.finish()
            if case .cancelled = ending {} else { state.pending = rest.reversed() + state.pending }
            state.ending = ending
            return true
        }
    }
}

/// Reads a `ChatStream`, a `CompletionStream` or an `EventStream`. Releasing the iterator that reads a stream ends that
/// stream and closes its connection.
public final class StreamIterator<Event: Sendable>: AsyncIteratorProtocol {
    private let read: @Sendable (ObjectIdentifier) async throws(ClientError) -> Event?
    private let release: @Sendable (ObjectIdentifier) -> Void

    init<Fold: StreamFold>(_ reader: StreamReader<Fold>) where Fold.Event == Event {
        read = { (iterator) async throws(ClientError) in try await reader.next(for: iterator) }
        release = { reader.release($0) }
    }

    deinit { release(ObjectIdentifier(self)) }

    /// The next event; nil once the content is complete.
    ///
    /// - Throws: `ClientError` if the stream ended in any other way, or if another iterator reads it.
    public nonisolated(nonsending) func next() async throws(ClientError) -> Event? {
        try await read(ObjectIdentifier(self))
    }

    public func next(isolation actor: isolated (any Actor)?) async throws(ClientError) -> Event? {
        try await read(ObjectIdentifier(self))
    }
}
