/// One choice of a reply that is sent whole, gathered from its deltas.
struct AssembledChoice {
    /// A tool call, put together from its fragments.
    struct ToolCall {
        var id = ""
        var name = ""
        var arguments = ""
    }

    var text: [UInt8] = []
    /// The prompt's, for a reply that begins with it.
    var promptTokens: [EmittedToken] = []
    /// Those of the answer.
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

    /// Indices count from 0 in the order the calls begin: `ToolCallNumbering` sees to it.
    private mutating func receive(_ fragment: ToolCallFragment) {
        while toolCalls.count <= fragment.index { toolCalls.append(ToolCall()) }
        if let id = fragment.id { toolCalls[fragment.index].id = id }
        if let name = fragment.name { toolCalls[fragment.index].name = name }
        toolCalls[fragment.index].arguments += fragment.arguments
    }
}
