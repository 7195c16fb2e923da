/// What an event adds to a choice, after stop strings, limits and incomplete characters were seen to.
enum ReplyDelta {
    /// Comes first, once.
    case start
    /// The prompt, for a reply that begins with it: UTF-8, and its tokens.
    case prompt([UInt8], [ToldToken])
    /// UTF-8, and the tokens whose text begins in it, where the reply shows tokens.
    case text([UInt8], [ToldToken])
    case reasoning(String)
    /// The first fragment of a call has its id and name, no other has.
    case toolCall(ToolCallFragment)
    /// Comes last, once.
    case finish(FinishReason)
}
