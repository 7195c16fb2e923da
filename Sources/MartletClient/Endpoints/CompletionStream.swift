public import MartletJSON
public import MartletOpenAI

/// One thing that a completion's stream emits.
public struct CompletionEvent: Sendable {
    /// What it is.
    @nonexhaustive public enum Kind: Sendable, Equatable {
        /// The text goes on by this; never empty.
        case text(String)
        /// Log-probabilities, as they came.
        case logprobs(JSONValue)
        /// The choice is over.
        case finish(FinishReason)
        /// What the answer has cost; the last one holds.
        case usage(Usage)
        /// A chunk with nothing of the above.
        case other
    }

    /// What it is.
    public var kind: Kind
    /// Of which choice; 0 for what concerns all.
    public var choice: Int
    /// The whole chunk, with members that have no name here.
    public var chunk: JSONObject

    /// The piece of the text, if it is one of the first choice.
    public var text: String? {
        if case .text(let text) = kind, choice == 0 { text } else { nil }
    }
}

/// Continuations of prompts as they come. How it is read and ends is `ChatStream`'s way.
public struct CompletionStream: AsyncSequence, Sendable {
    public typealias Element = CompletionEvent
    public typealias Failure = ClientError

    private let reader: StreamReader<CompletionFold>

    init(_ reader: StreamReader<CompletionFold>) { self.reader = reader }

    /// How it ended; nil while it goes on.
    public var ending: StreamEnding? { reader.ending }

    /// The response's status and fields.
    public var response: ResponseInfo { reader.fold.response }

    /// What has come so far, as one reply; of a stream that is over, all that came. Without what was not kept.
    public var replySoFar: CompletionReply { reader.fold.replySoFar }

    /// Reads to the end, and returns what came as one reply.
    ///
    /// - Throws: `ClientError` unless the answer is whole; what came until then is in `replySoFar`.
    public nonisolated(nonsending) func reply() async throws(ClientError) -> CompletionReply {
        let iterator = makeAsyncIterator()
        while try await iterator.next() != nil {}
        return replySoFar
    }

    /// Ends the stream and closes its connection.
    public func cancel() { reader.cancel() }

    /// An iterator. The first one that asks for an event reads the stream; any other gets an error.
    public func makeAsyncIterator() -> StreamIterator<CompletionEvent> { StreamIterator(reader) }
}
