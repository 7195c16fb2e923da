internal import MartletOpenAI

/// A chat model's reply as a stream of events.
///
/// ```swift
/// for try await event in try await client.stream("Hello") { print(event.text ?? "", terminator: "") }
/// ```
///
/// The loop ends normally only when the reply is complete; otherwise it throws. `ending` says how the stream ended.
/// Leaving the loop early, or releasing the stream, closes the connection and thereby ends the work on the server. A
/// stream has one reader: the first iterator that asks for an event. Any other iterator throws until the stream has
/// ended; the first one is not affected.
public struct ChatStream: AsyncSequence, Sendable {
    public typealias Element = ChatEvent
    public typealias Failure = ClientError

    private let reader: StreamReader<ChatFold>

    init(_ reader: StreamReader<ChatFold>) { self.reader = reader }

    /// Nil while the stream is in progress.
    public var ending: StreamEnding? { reader.ending }

    /// The reply so far; complete once the stream has ended. Empty with `keepsReply: false`.
    public var replySoFar: ChatReply { reader.fold.replySoFar }

    /// The model, as the server names it.
    var model: String { reader.fold.model }

    /// The HTTP response's status and fields.
    public var response: ResponseInfo { reader.fold.response }

    /// Reads to the end, and returns the reply.
    ///
    /// - Throws: `ClientError` if the reply is incomplete; `replySoFar` has the part that arrived. Of reason
    ///   `formatError` if another iterator reads the stream.
    public nonisolated(nonsending) func reply() async throws(ClientError) -> ChatReply {
        let iterator = makeAsyncIterator()
        while try await iterator.next() != nil {}
        return replySoFar
    }

    /// Ends the stream and closes its connection.
    public func cancel() { reader.cancel() }

    /// The first iterator that asks for an event reads the stream; any other throws.
    public func makeAsyncIterator() -> StreamIterator<ChatEvent> { StreamIterator(reader) }
}
