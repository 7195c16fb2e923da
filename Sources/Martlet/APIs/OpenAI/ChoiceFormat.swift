internal import MartletJSON

/// The encoding of choices in one endpoint of OpenAI's API, in the chunks of a stream and in a single body.
protocol ChoiceFormat: Sendable {
    /// The `object` of a reply that does not stream.
    var wholeObject: String { get }
    /// The `object` of a chunk.
    var chunkObject: String { get }

    /// The prefix of the reply's id.
    var idPrefix: String { get }

    /// Appends the JSON of one choice of a chunk; nothing for a delta that the format does not show.
    func appendChoice(_ index: Int, _ delta: ReplyDelta, of prompt: ReplyPlan.Prompt, to bytes: inout [UInt8])

    /// Writes one choice of a reply that does not stream.
    func write(_ choice: AssembledChoice, index: Int, of prompt: ReplyPlan.Prompt, to writer: inout JSONWriter)

    /// The `prompt_token_ids` beside `choices`, in a reply that does not stream and in the first chunk of a choice; nil
    /// if the endpoint does not write them there.
    func promptTokenIDs(of prompt: ReplyPlan.Prompt) -> [Int]?
}

extension JSONWriter {
    /// Writes a member that is an array of numbers.
    mutating func member(_ name: String, _ numbers: [Int]) {
        array(name) { for number in numbers { $0.value(number) } }
    }
}

extension [UInt8] {
    /// Appends literal JSON.
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

    /// Appends the output of `write`.
    mutating func append(_ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(appendingTo: self)
        self = []
        write(&writer)
        self = writer.bytes
    }
}
