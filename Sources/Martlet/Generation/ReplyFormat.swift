internal import MartletHTTP

/// How an API writes a reply: the same deltas as frames of a stream, or as one body.
protocol ReplyFormat: Sendable {
    /// What a stream's head says besides its status.
    var streamFields: HTTPFields { get }

    /// What keeps a stream alive that has nothing to send; empty where clients would stumble over it.
    var heartbeat: [UInt8] { get }

    /// Whether the end of a stream repeats its choices.
    var assemblesStreams: Bool { get }

    /// Sees each delta before it is written or gathered, for a reply that says when things happened.
    mutating func record(_ delta: ReplyDelta)

    /// Appends what a choice's delta adds to a stream; nothing, if the format does not show it. `usage` is what was used
    /// so far, for a stream that reports it continuously.
    mutating func append(_ delta: ReplyDelta, of choice: Int, usage: Usage?, to bytes: inout [UInt8])

    /// Appends the last frames of a stream. `choices` is empty unless the format assembles streams.
    mutating func appendEnd(_ choices: [AssembledChoice], usage: Usage, to bytes: inout [UInt8])

    /// The whole reply, as JSON.
    mutating func wholeReply(_ choices: [AssembledChoice], usage: Usage) -> [UInt8]
}

extension ReplyFormat {
    var assemblesStreams: Bool { false }
    mutating func record(_ delta: ReplyDelta) {}
}
