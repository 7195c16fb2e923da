internal import MartletJSON

/// The choices of `/v1/chat/completions`.
struct ChatFormat: ChoiceFormat {
    let wholeObject = "chat.completion"
    let chunkObject = "chat.completion.chunk"
    let idPrefix = "chatcmpl-"
    /// The number of alternatives to each token; nil means no log-probabilities.
    var topLogprobs: Int?
    /// Whether choices include `token_ids`; vLLM's extension.
    var includesTokenIDs = false

    func appendChoice(_ index: Int, _ delta: ReplyDelta, of prompt: ReplyPlan.Prompt, to bytes: inout [UInt8]) {
        var tokens: [EmittedToken] = []
        var finishReason: FinishReason?
        let start = bytes.count
        bytes.append("{\"index\":")
        bytes.append(decimal: index)
        bytes.append(",\"delta\":{")
        switch delta {
        case .start:
            bytes.append("\"role\":\"assistant\",\"content\":\"\"")
        case .prompt:
            return bytes.removeLast(bytes.count - start)
        case .text(let text, let emitted):
            tokens = emitted
            bytes.append("\"content\":\"")
            JSONWriter.appendEscaped(text.span, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .reasoning(let text):
            bytes.append("\"reasoning_content\":")
            bytes.append(jsonString: text)
        case .toolCall(let fragment):
            append(fragment, to: &bytes)
        case .finish(let reason, _):
            finishReason = reason
        }
        bytes.append("},\"logprobs\":")
        if let topLogprobs, !tokens.isEmpty {
            bytes.append { LogprobsFormat.writeChat(tokens, topLogprobs: topLogprobs, to: &$0) }
        } else {
            bytes.append("null")
        }
        if includesTokenIDs { bytes.append(name: "token_ids", tokens.compactMap(\.token.id)) }
        bytes.append(",\"finish_reason\":")
        if let finishReason { bytes.append(jsonString: finishReason.rawValue) } else { bytes.append("null") }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Only the first fragment of a call has `id`, `type` and `name`, because clients concatenate the fragments.
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

    func promptTokenIDs(of prompt: ReplyPlan.Prompt) -> [Int]? { includesTokenIDs ? prompt.tokenIDs : nil }

    func write(_ choice: AssembledChoice, index: Int, of prompt: ReplyPlan.Prompt, to writer: inout JSONWriter) {
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
            if let topLogprobs {
                writer.name("logprobs")
                LogprobsFormat.writeChat(choice.tokens, topLogprobs: topLogprobs, to: &writer)
            } else {
                writer.member("logprobs", .null)
            }
            if includesTokenIDs { writer.member("token_ids", choice.tokens.compactMap(\.token.id)) }
            writer.member("finish_reason", choice.finishReason.rawValue)
        }
    }

    private func write(_ toolCalls: [AssembledChoice.ToolCall], to writer: inout JSONWriter) {
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
