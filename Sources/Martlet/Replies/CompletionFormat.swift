internal import MartletJSON

/// Choices as `/v1/completions` writes them.
struct CompletionFormat: ReplyFormat {
    let wholeObject = "text_completion"
    let chunkObject = "text_completion"
    let idPrefix = "cmpl-"

    func appendChoice(_ index: Int, _ delta: ReplyDelta, to bytes: inout [UInt8]) {
        switch delta {
        case .text(let text, let tokenID):
            append(index, text, tokenID, finishReason: nil, to: &bytes)
        case .finish(let reason):
            append(index, [], nil, finishReason: reason, to: &bytes)
        case .start, .reasoning, .toolCall:
            break
        }
    }

    private func append(
        _ index: Int, _ text: [UInt8], _ tokenID: Int?, finishReason: FinishReason?, to bytes: inout [UInt8]
    ) {
        bytes.append("{\"text\":\"")
        JSONWriter.appendEscaped(text.span, to: &bytes)
        bytes.append("\",\"index\":")
        bytes.append(decimal: index)
        if let tokenID {
            bytes.append(",\"ids\":[")
            bytes.append(decimal: tokenID)
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(",\"logprobs\":null,\"finish_reason\":")
        if let finishReason { bytes.append(jsonString: finishReason.rawValue) } else { bytes.append("null") }
        bytes.append(UInt8(ascii: "}"))
    }

    func write(_ choice: WholeChoice, index: Int, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("text", String(decoding: choice.text, as: UTF8.self))
            writer.member("index", index)
            if !choice.tokenIDs.isEmpty {
                writer.array("ids") { writer in
                    for id in choice.tokenIDs { writer.value(id) }
                }
            }
            writer.member("logprobs", .null)
            writer.member("finish_reason", choice.finishReason.rawValue)
        }
    }
}
