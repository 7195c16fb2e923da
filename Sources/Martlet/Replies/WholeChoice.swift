/// One choice of a reply that is sent whole, gathered from its deltas.
struct WholeChoice {
    /// A tool call, put together from its fragments.
    struct ToolCall {
        var id = ""
        var name = ""
        var arguments = ""
    }

    var text: [UInt8] = []
    var tokenIDs: [Int] = []
    var reasoning = ""
    var toolCalls: [ToolCall] = []
    var finishReason = FinishReason.stop

    mutating func receive(_ delta: ReplyDelta) {
        switch delta {
        case .start: break
        case .text(let bytes, let tokenID):
            text += bytes
            if let tokenID { tokenIDs.append(tokenID) }
        case .reasoning(let piece): reasoning += piece
        case .toolCall(let fragment): receive(fragment)
        case .finish(let reason): finishReason = reason
        }
    }

    /// A fragment of a call that is not there yet begins the next one: indices count up from 0.
    private mutating func receive(_ fragment: ToolCallFragment) {
        if !toolCalls.indices.contains(fragment.index) { toolCalls.append(ToolCall()) }
        let index = min(max(fragment.index, 0), toolCalls.count - 1)
        if let id = fragment.id { toolCalls[index].id = id }
        if let name = fragment.name { toolCalls[index].name = name }
        toolCalls[index].arguments += fragment.arguments
    }
}
