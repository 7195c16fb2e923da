public import MartletJSON
internal import MartletOpenAI

/// One event of an `EventStream`.
public struct StreamedEvent: Sendable, Equatable {
    /// The server-sent event's name; empty if it has none.
    public var name: String
    /// The event's data.
    public var value: JSONValue
}

/// The events of an endpoint without a method here. It ends with `[DONE]` or with the content. A connection that is
/// lost before that is an error, and so is an event that reports one.
public struct EventStream: AsyncSequence, Sendable {
    public typealias Element = StreamedEvent
    public typealias Failure = ClientError

    private let reader: StreamReader<EventFold>

    init(_ reader: StreamReader<EventFold>) { self.reader = reader }

    /// Nil while the stream is in progress.
    public var ending: StreamEnding? { reader.ending }

    /// The HTTP response's status and fields.
    public var response: ResponseInfo { reader.fold.response }

    /// Ends the stream and closes its connection.
    public func cancel() { reader.cancel() }

    /// The first iterator that asks for an event reads the stream; any other throws.
    public func makeAsyncIterator() -> StreamIterator<StreamedEvent> { StreamIterator(reader) }
}

/// Passes values on unchanged.
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
