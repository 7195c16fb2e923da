public import MartletJSON
internal import MartletOpenAI

/// One event of a stream that has no type of its own.
public struct StreamedEvent: Sendable, Equatable {
    /// What the `event` field says; empty where there is none.
    public var name: String
    /// The data.
    public var value: JSONValue
}

/// The events of an endpoint that has no method of its own, as they come. It is over with `[DONE]`, or with the content: a
/// connection that is lost before is an error, as is an event that reports one.
public struct EventStream: AsyncSequence, Sendable {
    public typealias Element = StreamedEvent
    public typealias Failure = ClientError

    private let reader: StreamReader<EventFold>

    init(_ reader: StreamReader<EventFold>) { self.reader = reader }

    /// How it ended; nil while it goes on.
    public var ending: StreamEnding? { reader.ending }

    /// The response's status and fields.
    public var response: ResponseInfo { reader.fold.response }

    /// Ends the stream and closes its connection.
    public func cancel() { reader.cancel() }

    /// An iterator. The first one that asks for an event reads the stream; any other gets an error.
    public func makeAsyncIterator() -> StreamIterator<StreamedEvent> { StreamIterator(reader) }
}

/// Hands on values as they are.
struct EventFold: StreamFold {
    static let endsWithContent = true
    static func isProgress(_ event: StreamedEvent) -> Bool { true }

    let response: ResponseInfo
    var isComplete: Bool { false }
    var isOver: Bool { false }
    var finishReason: FinishReason? { nil }

    mutating func events(of value: JSONValue, named name: String) -> [StreamedEvent] {
        [StreamedEvent(name: name, value: value)]
    }

    mutating func finish() -> [StreamedEvent] { [] }
}
