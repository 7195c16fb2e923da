internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// Makes events of the values of a stream, and adds up what they say.
protocol StreamFold: Sendable {
    associatedtype Event: Sendable

    /// The response that the stream is the content of.
    var response: ResponseInfo { get }
    /// Whether every choice that has begun is over: the end of the content is then the end of the answer.
    var isComplete: Bool { get }
    /// Whether only the usage and the end may still come: every choice that was asked for is over.
    var isOver: Bool { get }
    /// Why it is, where the server says so.
    var finishReason: FinishReason? { get }
    /// Whether the end of the content is the end of the answer, without a finish reason and without `[DONE]`.
    static var endsWithContent: Bool { get }

    /// What a value says; `name` is its event's, empty for most.
    mutating func events(of value: JSONValue, named name: String) -> [Event]
    /// What is pending when the stream is over.
    mutating func finish() -> [Event]
    /// Whether an event is part of the answer, as far as timeouts go.
    static func isProgress(_ event: Event) -> Bool
}

/// What a stream's copies share.
final class StreamReader<Fold: StreamFold>: Sendable {
    private struct State {
        /// Nil while somebody reads.
        var events: EventReader?
        var fold: Fold
        /// Emitted before anything else is read, the last one first.
        var waiting: [Fold.Event] = []
        var ending: StreamEnding?
        /// The iterator that asked first.
        var owner: ObjectIdentifier?

        /// Whether this iterator may read: what is over can be asked for by any.
        mutating func admits(_ iterator: ObjectIdentifier) -> Bool {
            owner = owner ?? iterator
            return owner == iterator || (ending != nil && waiting.isEmpty)
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
    /// What has come so far.
    var fold: Fold { state.withLock { $0.fold } }

    func next(for iterator: ObjectIdentifier) async throws(ClientError) -> Fold.Event? {
        while true {
            let (isAdmitted, event, ending) = state.withLock { state in
                let isAdmitted = state.admits(iterator)
                return (isAdmitted, isAdmitted ? state.waiting.popLast() : nil, state.ending)
            }
            guard isAdmitted else { throw Self.isTaken }
            if let event { return event }
            switch ending {
            case .finished: return nil
            case .interrupted(let error), .failed(let error): throw error
            case .cancelled: throw ClientError(.cancelled, "The stream was cancelled.")
            case nil: try await read()
            }
        }
    }

    private static var isTaken: ClientError {
        ClientError(.formatError, "A stream has one reader, and another iterator reads this one already.")
    }

    func cancel() {
        if end(.cancelled) { response.end() }
    }

    /// An iterator is gone: that ends the stream if it was the reader.
    func release(_ iterator: ObjectIdentifier) {
        let wasReader = state.withLock { state in
            if state.owner != iterator { return false }
            state.waiting = []
            return true
        }
        if wasReader { cancel() }
    }

    private func read() async throws(ClientError) {
        guard var events = state.withLock({ $0.events.take() }) else {
            throw Self.isTaken
        }
        let result: Result<EventReader.Next, ClientError>
        do throws(ClientError) { result = .success(try await events.next()) } catch { result = .failure(error) }
        state.withLock { $0.events = events }
        switch result {
        case .success(let next): take(next)
        case .failure(var error):
            error.attempts = attempts
            let (isComplete, reason) = state.withLock { ($0.fold.isComplete, $0.fold.finishReason) }
            // After the finish reason only the usage may be missing.
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
            if var error = ClientError(in: value, fields: response.head.fields) {
                error.attempts = attempts
                end(.failed(error))
                response.drainAndClose()
            } else {
                state.withLock { state in
                    state.waiting = state.fold.events(of: value, named: name).reversed()
                    if state.waiting.contains(where: Fold.isProgress) { state.events?.hasBegun = true }
                    state.events?.isFinished = state.fold.isOver
                }
            }
        case .done:
            end(.finished(state.withLock { $0.fold.finishReason }))
            response.drainAndClose()
        case .end:
            let (isComplete, reason) = state.withLock { ($0.fold.isComplete, $0.fold.finishReason) }
            var cut = ClientError(
                .interrupted, "read body: the stream ended without a finish reason or [DONE]; the answer is not whole.")
            cut.attempts = attempts
            end(isComplete || Fold.endsWithContent ? .finished(reason) : .interrupted(cut))
            response.end()
        }
    }

    @discardableResult
    private func end(_ ending: StreamEnding) -> Bool {
        state.withLock { state in
            if state.ending != nil { return false }
            let pending = state.fold.finish()
            if case .cancelled = ending {} else { state.waiting = pending.reversed() + state.waiting }
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
