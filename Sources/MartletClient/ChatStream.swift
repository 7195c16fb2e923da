internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// The answer of a chat model as it comes.
///
/// ```swift
/// for try await event in try await client.stream("Hello") { print(event.text ?? "", terminator: "") }
/// ```
///
/// The loop ends normally only when the answer is whole; anything else is thrown, and `ending` says it again. To leave
/// the loop early, or to let go of the stream, closes the connection, and with it ends the work on the server. A stream
/// has one reader: the first iterator that asks for an event. Another one gets an error until the stream is over, which
/// takes nothing away from the first.
public struct ChatStream: AsyncSequence, Sendable {
    public typealias Element = ChatEvent
    public typealias Failure = ClientError

    private let reader: ChatStreamReader

    init(_ reader: ChatStreamReader) { self.reader = reader }

    /// How it ended; nil while it goes on.
    public var ending: StreamEnding? { reader.ending }

    /// What has come so far, as one reply; of a stream that is over, all that came. Without what was not kept.
    public var replySoFar: ChatReply { reader.replySoFar }

    /// The response's status and fields.
    public var response: ResponseInfo { reader.replySoFar.response }

    /// Reads to the end, and returns what came as one reply.
    ///
    /// - Throws: `ClientError` unless the answer is whole; what came until then is in `replySoFar`. Of reason
    ///   `formatError` where something else reads the stream.
    public nonisolated(nonsending) func reply() async throws(ClientError) -> ChatReply {
        let iterator = makeAsyncIterator()
        while try await iterator.next() != nil {}
        return replySoFar
    }

    /// Ends the stream and closes its connection.
    public func cancel() { reader.cancel() }

    /// Reads on from where the stream is.
    public func makeAsyncIterator() -> Iterator { Iterator(reader) }

    /// Reads; its end is the stream's.
    public final class Iterator: AsyncIteratorProtocol {
        private let reader: ChatStreamReader

        init(_ reader: ChatStreamReader) { self.reader = reader }

        deinit { reader.leave(ObjectIdentifier(self)) }

        /// The next event; nil once the answer is whole.
        public nonisolated(nonsending) func next() async throws(ClientError) -> ChatEvent? {
            try await reader.next(for: ObjectIdentifier(self))
        }

        public func next(
            isolation actor: isolated (any Actor)?
        ) async throws(ClientError) -> ChatEvent? { try await reader.next(for: ObjectIdentifier(self)) }
    }
}

/// What a stream's copies share.
final class ChatStreamReader: Sendable {
    private struct State {
        /// Nil while somebody reads.
        var events: EventReader?
        var fold: ChunkFold
        /// Told before anything else is read, the last one first.
        var waiting: [ChatEvent] = []
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

    init(_ events: EventReader, first: EventReader.Next, fold: ChunkFold) {
        response = events.response
        attempts = fold.attempts
        state = Locked(State(events: events, fold: fold))
        take(first)
    }

    deinit { response.end() }

    var ending: StreamEnding? { state.withLock { $0.ending } }
    var replySoFar: ChatReply { state.withLock { $0.fold.replySoFar } }

    func next(for iterator: ObjectIdentifier) async throws(ClientError) -> ChatEvent? {
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

    private static let isTaken = ClientError(
        .formatError, "A stream has one reader, and another iterator reads this one already.")

    func cancel() {
        if end(.cancelled) { response.end() }
    }

    /// An iterator is gone: that ends the stream if it was the reader.
    func leave(_ iterator: ObjectIdentifier) {
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
        case .value(let value):
            if var error = ClientError(in: value, fields: response.head.fields) {
                error.attempts = attempts
                end(.failed(error))
                response.endSoon()
            } else if let chunk = value.object {
                state.withLock { state in
                    state.waiting = state.fold.events(of: chunk).reversed()
                    if state.waiting.contains(where: { $0.kind != .other }) { state.events?.hasBegun = true }
                    state.events?.isFinished = state.fold.isComplete
                }
            }
        case .done:
            end(.finished(state.withLock { $0.fold.finishReason }))
            response.endSoon()
        case .end:
            let (isComplete, reason) = state.withLock { ($0.fold.isComplete, $0.fold.finishReason) }
            var cut = ClientError(
                .interrupted, "read body: the stream ended without a finish reason or [DONE]; the answer is not whole.")
            cut.attempts = attempts
            end(isComplete ? .finished(reason) : .interrupted(cut))
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
