internal import MartletJSON

/// How an endpoint of the API writes choices: the same deltas as chunks of a stream or as a whole reply.
protocol ReplyFormat: Sendable {
    /// The `object` of a whole reply and of a chunk.
    var wholeObject: String { get }
    var chunkObject: String { get }

    /// What the reply's id begins with.
    var idPrefix: String { get }

    /// Appends one choice of a chunk, as JSON; nothing for a delta that the format does not show.
    func appendChoice(_ index: Int, _ delta: ReplyDelta, to bytes: inout [UInt8])

    /// Writes one choice of a whole reply.
    func write(_ choice: WholeChoice, index: Int, to writer: inout JSONWriter)
}

extension [UInt8] {
    /// Appends JSON punctuation and names, written in the source as they go out.
    mutating func append(_ json: StaticString) {
        json.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends a number in decimal.
    mutating func append(decimal number: Int) { append(contentsOf: String(number).utf8) }

    /// Appends text as a JSON string, quotes included.
    mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        JSONWriter.appendEscaped(text, to: &self)
        append(UInt8(ascii: "\""))
    }
}
