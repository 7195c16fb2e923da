public import MartletJSON
public import MartletOpenAI

/// One event of a completion stream.
public struct CompletionEvent: Sendable {
    @nonexhaustive public enum Kind: Sendable, Equatable {
        /// More text; never empty.
        case text(String)
        /// Log-probabilities, as received.
        case logprobs(JSONValue)
        /// The choice is finished.
        case finish(FinishReason)
        /// Token counts; a later event replaces an earlier one.
        case usage(Usage)
        /// A chunk without any of the above.
        case other
    }

    public var kind: Kind
    /// The index of the choice; 0 for events that concern all of them.
    public var choice: Int
    /// The complete chunk, with members that have no property here.
    public var chunk: JSONObject

    /// The text, if it belongs to the first choice.
    public var text: String? {
        if case .text(let text) = kind, choice == 0 { text } else { nil }
    }
}

/// Completions of prompts as a stream of events. It is read and ends like a `ChatStream`.
public struct CompletionStream: AsyncSequence, Sendable {
    public typealias Element = CompletionEvent
    public typealias Failure = ClientError

    private let reader: StreamReader<CompletionFold>

    init(_ reader: StreamReader<CompletionFold>) { self.reader = reader }

    /// Nil while the stream is in progress.
    public var ending: StreamEnding? { reader.ending }

    /// The HTTP response's status and fields.
    public var response: ResponseInfo { reader.fold.response }

    /// The reply so far; complete once the stream has ended. Empty with `keepsReply: false`.
    public var replySoFar: CompletionReply { reader.fold.replySoFar }

    /// Reads to the end, and returns the reply.
    ///
    /// - Throws: `ClientError` if the reply is incomplete; `replySoFar` has the part that arrived.
    public nonisolated(nonsending) func reply() async throws(ClientError) -> CompletionReply {
        let iterator = makeAsyncIterator()
        while try await iterator.next() != nil {}
        return replySoFar
    }

    /// Ends the stream and closes its connection.
    public func cancel() { reader.cancel() }

    /// The first iterator that asks for an event reads the stream; any other throws.
    public func makeAsyncIterator() -> StreamIterator<CompletionEvent> { StreamIterator(reader) }
}
