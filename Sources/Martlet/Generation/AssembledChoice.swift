/// One choice of a reply, assembled from its deltas: its parts in the order in which they began.
struct AssembledChoice {
    /// A stretch of reasoning, a stretch of text, or a call of a tool.
    struct Part {
        let kind: ReplyPart
        /// The reasoning, the text or the call's arguments as UTF-8.
        var bytes: [UInt8] = []
        /// The generated tokens of a text, if the reply shows tokens.
        var tokens: [EmittedToken] = []

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// A tool call, assembled from its fragments.
    struct ToolCall {
        var id = ""
        var name = ""
        var arguments = ""
    }

    private(set) var parts: [Part] = []
    /// The prompt as UTF-8, if the reply echoes it.
    private var prompt: [UInt8] = []
    /// The prompt's tokens, if the reply echoes the prompt and shows tokens.
    private(set) var promptTokens: [EmittedToken] = []
    private(set) var finishReason = FinishReason.stop
    private(set) var stop: StopMatch?

    mutating func receive(_ delta: ReplyDelta) {
        switch delta {
        case .start: break
        case .prompt(let bytes, let tokens):
            prompt += bytes
            promptTokens += tokens
        case .text(let bytes, let emitted):
            let index = index(of: .text)
            parts[index].bytes += bytes
            parts[index].tokens += emitted
        case .reasoning(let piece): parts[index(of: .reasoning)].bytes += piece.utf8
        case .toolCall(let fragment):
            guard let index = index(of: fragment) else { return }
            parts[index].bytes += fragment.arguments.utf8
        case .finish(let reason, let match): (finishReason, stop) = (reason, match)
        }
    }

    /// The index of the last part, if it is of that kind, or of a new one.
    private mutating func index(of kind: ReplyPart) -> Int {
        if parts.last?.kind != kind { parts.append(Part(kind: kind)) }
        return parts.count - 1
    }

    /// The index of the fragment's call, whose fragments may alternate with those of others. Nil for what follows the
    /// complete arguments of an earlier call, as in `PartSequence`.
    private mutating func index(of fragment: ToolCallFragment) -> Int? {
        guard let index = parts.lastIndex(where: { $0.kind.callIndex == fragment.index }) else {
            return index(of: ReplyPart(fragment))
        }
        if index == parts.count - 1 { return index }
        var arguments = ArgumentsExtent()
        arguments.receive(parts[index].bytes)
        return arguments.isComplete ? nil : index
    }
}

extension AssembledChoice {
    /// All text as UTF-8, after the prompt if the reply echoes it.
    var text: [UInt8] { parts.reduce(into: prompt) { if case .text = $1.kind { $0 += $1.bytes } } }

    /// The generated tokens, if the reply shows tokens.
    var tokens: [EmittedToken] { parts.flatMap(\.tokens) }

    var reasoning: String {
        parts.reduce(into: "") { if case .reasoning = $1.kind { $0 += $1.text } }
    }

    var toolCalls: [ToolCall] {
        parts.compactMap { part in
            guard case .toolCall(_, let id, let name) = part.kind else { return nil }
            return ToolCall(id: id, name: name, arguments: part.text)
        }
    }
}
