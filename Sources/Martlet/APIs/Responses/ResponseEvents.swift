internal import MartletHTTP
internal import MartletJSON

/// Writes the events of a streamed response, with their numbers.
struct ResponseEvents {
    private let form: ResponseItem.Form
    private var number: Int
    /// The beginning of an event with the next piece of the open item, up to the piece.
    private var deltaStart: [UInt8] = []
    /// Whether such events have log-probabilities.
    private var hasLogprobs = false

    /// - Parameter first: The number of the first event. Two events open a stream.
    init(_ form: ResponseItem.Form, first: Int = 2) { (self.form, number) = (form, first) }

    // MARK: Events

    /// Appends an event of the whole response, whose JSON `append` writes.
    mutating func appendResponse(_ name: StaticString, to bytes: inout [UInt8], _ append: (inout [UInt8]) -> Void) {
        ServerSentEvents.beginEvent(named: name, to: &bytes)
        bytes.append("{\"type\":\"")
        bytes.append(name)
        bytes.append("\",\"response\":")
        append(&bytes)
        endEvent(to: &bytes)
    }

    /// Appends an event; `write` writes its members besides `type` and `sequence_number`.
    private mutating func append(
        _ name: StaticString, to bytes: inout [UInt8], _ write: (inout JSONWriter) -> Void
    ) {
        ServerSentEvents.beginEvent(named: name, to: &bytes)
        bytes.append { writer in
            writer.object { writer in
                writer.member("type", "\(name)")
                write(&writer)
            }
        }
        bytes.removeLast()
        endEvent(to: &bytes)
    }

    /// Ends an event whose object is open.
    private mutating func endEvent(to bytes: inout [UInt8]) {
        bytes.append(",\"sequence_number\":")
        bytes.append(decimal: number)
        bytes.append("}")
        ServerSentEvents.endEvent(to: &bytes)
        number += 1
    }

    // MARK: Pieces

    /// Appends a piece of the open item's text or arguments.
    mutating func appendDelta(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { appendDelta($0.span, [], to: &bytes) }
    }

    /// Appends a piece of UTF-8, and the tokens whose text begins in it.
    mutating func appendDelta(_ text: Span<UInt8>, _ tokens: [EmittedToken], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: deltaStart)
        JSONWriter.appendEscaped(text, to: &bytes)
        bytes.append("\"")
        if hasLogprobs {
            bytes.append(",\"logprobs\":[")
            if let topLogprobs = form.topLogprobs, !tokens.isEmpty {
                bytes.append { writer in
                    LogprobsFormat.writeEntries(tokens, topLogprobs: topLogprobs, hasBytes: false, to: &writer)
                }
            }
            bytes.append("]")
        }
        endEvent(to: &bytes)
    }

    private mutating func prepareDeltas(
        _ name: StaticString, of item: ResponseItem, at index: Int, _ place: StaticString
    ) {
        deltaStart = []
        ServerSentEvents.beginEvent(named: name, to: &deltaStart)
        deltaStart.append("{\"type\":\"")
        deltaStart.append(name)
        deltaStart.append("\",\"item_id\":")
        deltaStart.append(jsonString: item.id)
        deltaStart.append(",\"output_index\":")
        deltaStart.append(decimal: index)
        deltaStart.append(place)
        deltaStart.append(",\"delta\":\"")
        hasLogprobs = item.kind == .message
    }

    // MARK: Items

    /// Appends the events with which an item begins.
    mutating func begin(_ item: ResponseItem, at index: Int, to bytes: inout [UInt8]) {
        append("response.output_item.added", to: &bytes) { [form] writer in
            writer.member("output_index", index)
            writer.name("item")
            item.write(as: .inProgress, form, to: &writer)
        }
        switch item.kind {
        case .reasoning where form.summarizesReasoning:
            appendPart("response.reasoning_summary_part.added", "summary_index", item, index, to: &bytes)
            prepareDeltas("response.reasoning_summary_text.delta", of: item, at: index, ",\"summary_index\":0")
        case .reasoning:
            appendPart("response.content_part.added", "content_index", item, index, to: &bytes)
            prepareDeltas("response.reasoning_text.delta", of: item, at: index, ",\"content_index\":0")
        case .message:
            appendPart("response.content_part.added", "content_index", item, index, to: &bytes)
            prepareDeltas("response.output_text.delta", of: item, at: index, ",\"content_index\":0")
        case .functionCall: prepareDeltas("response.function_call_arguments.delta", of: item, at: index, "")
        case .customToolCall: prepareDeltas("response.custom_tool_call_input.delta", of: item, at: index, "")
        }
    }

    /// Appends the events with which an item ends. A call that was cut has no complete arguments.
    mutating func end(_ item: ResponseItem, as status: ResponseItem.Status, at index: Int, to bytes: inout [UInt8]) {
        switch item.kind {
        case .reasoning where form.summarizesReasoning:
            append("response.reasoning_summary_text.done", to: &bytes) { writer in
                Self.writePlace(item, index, part: "summary_index", to: &writer)
                writer.member("text", item.text)
            }
            appendPart("response.reasoning_summary_part.done", "summary_index", item, index, to: &bytes)
        case .reasoning:
            append("response.reasoning_text.done", to: &bytes) { writer in
                Self.writePlace(item, index, part: "content_index", to: &writer)
                writer.member("text", item.text)
            }
            appendPart("response.content_part.done", "content_index", item, index, to: &bytes)
        case .message:
            append("response.output_text.done", to: &bytes) { [form] writer in
                Self.writePlace(item, index, part: "content_index", to: &writer)
                writer.member("text", item.text)
                writer.name("logprobs")
                item.writeLogprobs(form, hasBytes: false, to: &writer)
            }
            appendPart("response.content_part.done", "content_index", item, index, to: &bytes)
        case .functionCall(_, let name):
            if status == .incomplete { break }
            append("response.function_call_arguments.done", to: &bytes) { writer in
                Self.writePlace(item, index, to: &writer)
                writer.member("name", name)
                writer.member("arguments", item.text)
            }
        case .customToolCall:
            let input = item.customInput
            appendDelta(input, to: &bytes)
            if status == .incomplete { break }
            append("response.custom_tool_call_input.done", to: &bytes) { writer in
                Self.writePlace(item, index, to: &writer)
                writer.member("input", input)
            }
        }
        append("response.output_item.done", to: &bytes) { [form] writer in
            writer.member("output_index", index)
            writer.name("item")
            item.write(as: status, form, to: &writer)
        }
    }

    private mutating func appendPart(
        _ name: StaticString, _ place: String, _ item: ResponseItem, _ index: Int, to bytes: inout [UInt8]
    ) {
        append(name, to: &bytes) { [form] writer in
            Self.writePlace(item, index, part: place, to: &writer)
            writer.name("part")
            item.writePart(form, to: &writer)
        }
    }

    private static func writePlace(
        _ item: ResponseItem, _ index: Int, part: String? = nil, to writer: inout JSONWriter
    ) {
        writer.member("item_id", item.id)
        writer.member("output_index", index)
        if let part { writer.member(part, 0) }
    }
}
