internal import MartletHTTP
internal import MartletOpenAI

/// The encoding of a reply in one API: the deltas become frames of a stream, or one body.
protocol ReplyFormat: Sendable {
    /// The header fields of a stream.
    var streamFields: HTTPFields { get }

    /// The frames that a stream begins with, sent with its head before the model has generated anything. `usage` is the
    /// usage so far. Default: none.
    func opening(_ usage: Usage) -> [UInt8]

    /// Bytes that keep an idle stream alive; empty if clients of the API do not accept any.
    var heartbeat: [UInt8] { get }

    /// Whether the format retains what it streams, which then counts against the memory budget. Default: false.
    var retainsStreams: Bool { get }

    /// Appends the frames of a choice's delta; none if the format does not show it. `usage` is the usage so far, for a
    /// stream that reports it continuously.
    mutating func append(_ delta: ReplyDelta, of choice: Int, usage: Usage?, to bytes: inout [UInt8])

    /// Appends the last frames of a stream.
    mutating func appendEnd(_ facts: GenerationFacts, to bytes: inout [UInt8])

    /// Appends the last frames of a stream that an error ends. Returns false, as by default, if the frames are those of the
    /// API's error envelope.
    mutating func appendFailure(_ error: OpenAIError, _ facts: GenerationFacts, to bytes: inout [UInt8]) -> Bool

    /// Returns the JSON of a reply that does not stream.
    mutating func wholeReply(_ choices: [AssembledChoice], _ facts: GenerationFacts) -> [UInt8]
}

extension ReplyFormat {
    var retainsStreams: Bool { false }
    func opening(_ usage: Usage) -> [UInt8] { [] }
    func appendFailure(_ error: OpenAIError, _ facts: GenerationFacts, to bytes: inout [UInt8]) -> Bool { false }
}
