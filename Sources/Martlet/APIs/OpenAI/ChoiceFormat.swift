internal import MartletJSON

/// How an endpoint of OpenAI's API writes choices: the same deltas as chunks of a stream or as a whole reply.
protocol ChoiceFormat: Sendable {
    /// The `object` of a whole reply and of a chunk.
    var wholeObject: String { get }
    var chunkObject: String { get }

    /// What the reply's id begins with.
    var idPrefix: String { get }

    /// Appends one choice of a chunk, as JSON; nothing for a delta that the format does not show.
    func appendChoice(_ index: Int, _ delta: ReplyDelta, of prompt: ReplyPlan.Prompt, to bytes: inout [UInt8])

    /// Writes one choice of a whole reply.
    func write(_ choice: AssembledChoice, index: Int, of prompt: ReplyPlan.Prompt, to writer: inout JSONWriter)

    /// The prompt's ids, where they stand beside `choices` of a whole reply and of the chunk that begins a choice.
    func promptTokenIDs(of prompt: ReplyPlan.Prompt) -> [Int]?
}

extension JSONWriter {
    /// Writes a member that is an array of numbers.
    mutating func member(_ name: String, _ numbers: [Int]) {
        array(name) { for number in numbers { $0.value(number) } }
    }
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

    /// Appends a comma and a member that is an array of numbers.
    mutating func append(name: StaticString, _ numbers: [Int]) {
        append(",\"")
        append(name)
        append("\":[")
        for (place, number) in numbers.enumerated() {
            if place > 0 { append(UInt8(ascii: ",")) }
            append(decimal: number)
        }
        append(UInt8(ascii: "]"))
    }

    /// Appends what `write` writes.
    mutating func append(_ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(appendingTo: self)
        self = []
        write(&writer)
        self = writer.bytes
    }
}
