internal import MartletJSON

/// The choices of `/v1/completions`.
struct CompletionFormat: ChoiceFormat {
    let wholeObject = "text_completion"
    let chunkObject = "text_completion"
    let idPrefix = "cmpl-"
    /// The number of alternatives to each token; nil means no log-probabilities.
    var topLogprobs: Int?
    /// Whether choices include `token_ids` and `prompt_token_ids`; vLLM's extension.
    var includesTokenIDs = false
    /// Whether choices include `ids`, for a backend that is not `Tokenizing`: the client decodes them.
    var includesIDs = false

    func appendChoice(_ index: Int, _ delta: ReplyDelta, of prompt: ReplyPlan.Prompt, to bytes: inout [UInt8]) {
        switch delta {
        case .start where includesTokenIDs:
            append(index, [], [], [], promptTokenIDs: prompt.tokenIDs, to: &bytes)
        case .prompt(let text, let tokens):
            append(index, text, tokens, [], to: &bytes)
        case .text(let text, let tokens):
            append(index, text, tokens, tokens, to: &bytes)
        case .finish(let reason, _):
            append(index, [], [], [], finishReason: reason, to: &bytes)
        case .start, .reasoning, .toolCall:
            break
        }
    }

    private func append(
        _ index: Int, _ text: [UInt8], _ shown: [EmittedToken], _ generated: [EmittedToken],
        promptTokenIDs: [Int]? = nil,
        finishReason: FinishReason? = nil, to bytes: inout [UInt8]
    ) {
        bytes.append("{\"text\":\"")
        JSONWriter.appendEscaped(text.span, to: &bytes)
        bytes.append("\",\"index\":")
        bytes.append(decimal: index)
        if includesTokenIDs || includesIDs {
            let ids = generated.compactMap(\.token.id)
            if includesIDs && !ids.isEmpty { bytes.append(name: "ids", ids) }
            if includesTokenIDs { bytes.append(name: "token_ids", ids) }
            if let promptTokenIDs { bytes.append(name: "prompt_token_ids", promptTokenIDs) }
        }
        bytes.append(",\"logprobs\":")
        if let topLogprobs, !shown.isEmpty {
            bytes.append { LogprobsFormat.writeLegacy(shown, topLogprobs: topLogprobs, to: &$0) }
        } else {
            bytes.append("null")
        }
        bytes.append(",\"finish_reason\":")
        if let finishReason { bytes.append(jsonString: finishReason.rawValue) } else { bytes.append("null") }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Nil: each choice has its own `prompt_token_ids`, because a request may have several prompts.
    func promptTokenIDs(of prompt: ReplyPlan.Prompt) -> [Int]? { nil }

    func write(_ choice: AssembledChoice, index: Int, of prompt: ReplyPlan.Prompt, to writer: inout JSONWriter) {
        let ids = choice.tokens.compactMap(\.token.id)
        writer.object { writer in
            writer.member("text", String(decoding: choice.text, as: UTF8.self))
            writer.member("index", index)
            if includesIDs && !ids.isEmpty { writer.member("ids", ids) }
            if includesTokenIDs {
                writer.member("token_ids", ids)
                writer.member("prompt_token_ids", prompt.tokenIDs ?? [])
            }
            if let topLogprobs {
                writer.name("logprobs")
                LogprobsFormat.writeLegacy(choice.promptTokens + choice.tokens, topLogprobs: topLogprobs, to: &writer)
            } else {
                writer.member("logprobs", .null)
            }
            writer.member("finish_reason", choice.finishReason.rawValue)
        }
    }
}
