/// One choice of a reply, assembled from its deltas for a response that does not stream.
struct AssembledChoice {
    /// A tool call, assembled from its fragments.
    struct ToolCall {
        var id = ""
        var name = ""
        var arguments = ""
    }

    var text: [UInt8] = []
    /// The prompt's tokens, if the reply echoes the prompt and shows tokens.
    var promptTokens: [EmittedToken] = []
    /// The generated tokens, if the reply shows tokens.
    var tokens: [EmittedToken] = []
    var reasoning = ""
    var toolCalls: [ToolCall] = []
    var finishReason = FinishReason.stop
    var stop: StopMatch?

    mutating func receive(_ delta: ReplyDelta) {
        switch delta {
        case .start: break
        case .prompt(let bytes, let tokens):
            text += bytes
            promptTokens += tokens
        case .text(let bytes, let emitted):
            text += bytes
            tokens += emitted
        case .reasoning(let piece): reasoning += piece
        case .toolCall(let fragment): receive(fragment)
        case .finish(let reason, let match): (finishReason, stop) = (reason, match)
        }
    }

    /// `ToolCallNumbering` ensures that indices count from 0 in the order in which the calls begin.
    private mutating func receive(_ fragment: ToolCallFragment) {
        while toolCalls.count <= fragment.index { toolCalls.append(ToolCall()) }
        if let id = fragment.id { toolCalls[fragment.index].id = id }
        if let name = fragment.name { toolCalls[fragment.index].name = name }
        toolCalls[fragment.index].arguments += fragment.arguments
    }
}
