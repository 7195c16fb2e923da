internal import MartletOpenAI

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

    private let reader: StreamReader<ChunkFold>

    init(_ reader: StreamReader<ChunkFold>) { self.reader = reader }

    /// How it ended; nil while it goes on.
    public var ending: StreamEnding? { reader.ending }

    /// What has come so far, as one reply; of a stream that is over, all that came. Without what was not kept.
    public var replySoFar: ChatReply { reader.fold.replySoFar }

    /// The response's status and fields.
    public var response: ResponseInfo { reader.fold.response }

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

    /// An iterator. The first one that asks for an event reads the stream; any other gets an error.
    public func makeAsyncIterator() -> StreamIterator<ChatEvent> { StreamIterator(reader) }
}
