/// One choice of a reply that is sent whole, gathered from its deltas.
struct WholeChoice {
    /// A tool call, put together from its fragments.
    struct ToolCall {
        /// Its fragments' index.
        let index: Int
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

    /// Calls stand in the order they began, whatever their indices.
    private mutating func receive(_ fragment: ToolCallFragment) {
        let known = toolCalls.firstIndex { $0.index == fragment.index }
        let place = known ?? toolCalls.endIndex
        if known == nil { toolCalls.append(ToolCall(index: fragment.index)) }
        if let id = fragment.id { toolCalls[place].id = id }
        if let name = fragment.name { toolCalls[place].name = name }
        toolCalls[place].arguments += fragment.arguments
    }
}
