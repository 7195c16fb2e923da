internal import MartletHTTP
internal import MartletJSON

/// The events of content blocks, which follow one another.
struct MessagesBlockEvents {
    /// Of thinking. The thought itself is in the block, and a client that sends it back may have it from any server, so
    /// that this says only who has written it, in which version.
    static let signature = "martlet.1"

    /// The index of the open block, or of the last one.
    private var index = -1
    private var isThinking = false
    /// A delta's event up to its text: all deltas of a block begin with the same bytes.
    private var deltaStart: [UInt8] = []

    mutating func append(_ step: PartSequence.Step, to bytes: inout [UInt8]) {
        switch step {
        case .begin(let part): begin(part, to: &bytes)
        case .text(let text, _):
            if text.isEmpty { return }
            bytes.append(contentsOf: deltaStart)
            JSONWriter.appendEscaped(text.span, to: &bytes)
            endDelta(to: &bytes)
        case .reasoning(let text), .arguments(let text):
            bytes.append(contentsOf: deltaStart)
            JSONWriter.appendEscaped(text, to: &bytes)
            endDelta(to: &bytes)
        case .end: end(to: &bytes)
        }
    }

    private mutating func begin(_ part: ReplyPart, to bytes: inout [UInt8]) {
        index += 1
        isThinking = part == .reasoning
        ServerSentEvents.beginEvent(named: "content_block_start", to: &bytes)
        bytes.append("{\"type\":\"content_block_start\",\"index\":")
        bytes.append(decimal: index)
        bytes.append(",\"content_block\":")
        switch part {
        case .text:
            bytes.append("{\"type\":\"text\",\"text\":\"\"}")
            setDeltaStart("\"text_delta\",\"text\":\"")
        case .reasoning:
            bytes.append("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
            setDeltaStart("\"thinking_delta\",\"thinking\":\"")
        case .toolCall(_, let id, let name):
            bytes.append("{\"type\":\"tool_use\",\"id\":")
            bytes.append(jsonString: id)
            bytes.append(",\"name\":")
            bytes.append(jsonString: name)
            bytes.append(",\"input\":{}}")
            setDeltaStart("\"input_json_delta\",\"partial_json\":\"")
        }
        bytes.append(UInt8(ascii: "}"))
        ServerSentEvents.endEvent(to: &bytes)
    }

    private mutating func setDeltaStart(_ type: StaticString) {
        deltaStart = Self.deltaStart(of: index)
        deltaStart.append(type)
    }

    private static func deltaStart(of index: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        ServerSentEvents.beginEvent(named: "content_block_delta", to: &bytes)
        bytes.append("{\"type\":\"content_block_delta\",\"index\":")
        bytes.append(decimal: index)
        bytes.append(",\"delta\":{\"type\":")
        return bytes
    }

    private func endDelta(to bytes: inout [UInt8]) {
        bytes.append("\"}}")
        ServerSentEvents.endEvent(to: &bytes)
    }

    /// SDKs show thinking only if it has a signature.
    private func end(to bytes: inout [UInt8]) {
        if isThinking {
            bytes.append(contentsOf: Self.deltaStart(of: index))
            bytes.append("\"signature_delta\",\"signature\":\"")
            JSONWriter.appendEscaped(Self.signature, to: &bytes)
            endDelta(to: &bytes)
        }
        ServerSentEvents.beginEvent(named: "content_block_stop", to: &bytes)
        bytes.append("{\"type\":\"content_block_stop\",\"index\":")
        bytes.append(decimal: index)
        bytes.append(UInt8(ascii: "}"))
        ServerSentEvents.endEvent(to: &bytes)
    }
}
