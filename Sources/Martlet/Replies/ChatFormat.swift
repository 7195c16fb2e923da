internal import MartletJSON

/// Choices as `/v1/chat/completions` writes them.
struct ChatFormat: ReplyFormat {
    let wholeObject = "chat.completion"
    let chunkObject = "chat.completion.chunk"
    let idPrefix = "chatcmpl-"

    func appendChoice(_ index: Int, _ delta: ReplyDelta, to bytes: inout [UInt8]) {
        bytes.append("{\"index\":")
        bytes.append(decimal: index)
        bytes.append(",\"delta\":{")
        switch delta {
        case .start:
            bytes.append("\"role\":\"assistant\",\"content\":\"\"")
        case .text(let text, _):
            bytes.append("\"content\":\"")
            JSONWriter.appendEscaped(text.span, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .reasoning(let text):
            bytes.append("\"reasoning_content\":")
            bytes.append(jsonString: text)
        case .toolCall(let fragment):
            append(fragment, to: &bytes)
        case .finish(let reason):
            bytes.append("},\"logprobs\":null,\"finish_reason\":")
            bytes.append(jsonString: reason.rawValue)
            return bytes.append(UInt8(ascii: "}"))
        }
        bytes.append("},\"logprobs\":null,\"finish_reason\":null}")
    }

    /// `id`, `type` and `name` stand in a call's first fragment only: clients concatenate what they get.
    private func append(_ fragment: ToolCallFragment, to bytes: inout [UInt8]) {
        bytes.append("\"tool_calls\":[{\"index\":")
        bytes.append(decimal: fragment.index)
        if let id = fragment.id {
            bytes.append(",\"id\":")
            bytes.append(jsonString: id)
            bytes.append(",\"type\":\"function\"")
        }
        bytes.append(",\"function\":{")
        if let name = fragment.name {
            bytes.append("\"name\":")
            bytes.append(jsonString: name)
            bytes.append(UInt8(ascii: ","))
        }
        bytes.append("\"arguments\":")
        bytes.append(jsonString: fragment.arguments)
        bytes.append("}}]")
    }

    func write(_ choice: WholeChoice, index: Int, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("index", index)
            writer.object("message") { writer in
                writer.member("role", "assistant")
                if choice.text.isEmpty && !choice.toolCalls.isEmpty {
                    writer.member("content", .null)
                } else {
                    writer.member("content", String(decoding: choice.text, as: UTF8.self))
                }
                writer.member("refusal", .null)
                if !choice.reasoning.isEmpty { writer.member("reasoning_content", choice.reasoning) }
                if !choice.toolCalls.isEmpty { write(choice.toolCalls, to: &writer) }
            }
            writer.member("logprobs", .null)
            writer.member("finish_reason", choice.finishReason.rawValue)
        }
    }

    private func write(_ toolCalls: [WholeChoice.ToolCall], to writer: inout JSONWriter) {
        writer.array("tool_calls") { writer in
            for call in toolCalls {
                writer.object { writer in
                    writer.member("id", call.id)
                    writer.member("type", "function")
                    writer.object("function") { writer in
                        writer.member("name", call.name)
                        writer.member("arguments", call.arguments)
                    }
                }
            }
        }
    }
}
