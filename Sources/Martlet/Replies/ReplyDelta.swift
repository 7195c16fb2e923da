/// What an event adds to a choice, after stop strings, limits and incomplete characters were seen to.
enum ReplyDelta {
    /// Comes first, once.
    case start
    /// UTF-8, and the token's id for a backend whose client has to do the decoding.
    case text([UInt8], tokenID: Int?)
    case reasoning(String)
    case toolCall(ToolCallFragment)
    /// Comes last, once.
    case finish(FinishReason)
}
