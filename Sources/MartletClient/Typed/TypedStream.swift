public import MartletJSON

/// A typed reply that is read while it arrives: its JSON so far, again and again, and at the end the value.
///
/// ```swift
/// for try await event in try await client.stream("A recipe for pancakes.", as: Recipe.self) {
///     switch event {
///     case .partial(let json): show(json)
///     case .value(let recipe): show(recipe)
///     }
/// }
/// ```
///
/// The loop ends normally only after a value; otherwise it throws. As with `ChatStream`, leaving the loop early closes the
/// connection, and the first iterator that asks for an event is the only one that reads.
public struct TypedStream<Value: Decodable & Sendable>: AsyncSequence, Sendable {
    public typealias Element = Event
    public typealias Failure = TypedReplyError

    public enum Event: Sendable {
        /// What arrived so far: strings end where the text ends, and numbers, literals and names are left out until they
        /// are complete. One for each piece that changes it, the last with all members.
        case partial(JSONValue)
        /// The decoded text. It comes once, at the end.
        case value(Value)
    }

    private let stream: ChatStream
    private let format: TypedFormat

    init(_ stream: ChatStream, _ format: TypedFormat) { (self.stream, self.format) = (stream, format) }

    /// Nil while the stream is in progress. A stream that is complete may still have no value.
    public var ending: StreamEnding? { stream.ending }

    /// The reply so far; complete once the stream has ended.
    public var replySoFar: ChatReply { stream.replySoFar }

    /// Reads to the end, and returns the value with the reply.
    ///
    /// - Throws: `TypedReplyError`.
    public nonisolated(nonsending) func reply() async throws(TypedReplyError) -> TypedReply<Value> {
        let reply: ChatReply
        do throws(ClientError) { reply = try await stream.reply() } catch { throw .failed(error) }
        return TypedReply(value: try reply.decoded(as: Value.self, in: format), reply: reply)
    }

    /// Ends the stream and closes its connection.
    public func cancel() { stream.cancel() }

    public func makeAsyncIterator() -> Iterator { Iterator(stream, format) }

    /// Reads the events of a typed stream.
    public struct Iterator: AsyncIteratorProtocol {
        private let stream: ChatStream
        private let events: StreamIterator<ChatEvent>
        private let format: TypedFormat
        private var answer = PartialJSON()
        private var isOver = false

        init(_ stream: ChatStream, _ format: TypedFormat) {
            (self.stream, self.format) = (stream, format)
            events = stream.makeAsyncIterator()
        }

        /// The next event; nil after the value.
        ///
        /// - Throws: `TypedReplyError`.
        public mutating func next() async throws(TypedReplyError) -> Event? { try await next(isolation: #isolation) }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(TypedReplyError) -> Event? {
            if isOver { return nil }
            do throws(ClientError) {
                while let event = try await events.next(isolation: actor) {
                    if let json = partial(after: event) { return .partial(json) }
                }
            } catch {
                throw .failed(error)
            }
            isOver = true
            return .value(try stream.replySoFar.decoded(as: Value.self, in: format))
        }

        /// The value so far, if the event changes it.
        private mutating func partial(after event: ChatEvent) -> JSONValue? {
            guard let text = event.text, let json = answer.feed(text.utf8) else { return nil }
            return format.isWrapped ? json.object?["value"] : json
        }
    }
}
