/// One addition to a choice of a reply, after stop strings, limits and incomplete characters have been handled.
enum ReplyDelta {
    /// The first delta of every choice.
    case start
    /// The prompt as UTF-8 and its tokens, for a reply that echoes it.
    case prompt([UInt8], [EmittedToken])
    /// Text as UTF-8, and the tokens whose text begins in it, if the reply shows tokens.
    case text([UInt8], [EmittedToken])
    case reasoning(String)
    /// Exactly the first fragment of a call has its id and name.
    case toolCall(ToolCallFragment)
    /// The last delta of every choice, with the stop string or stop token that ended it, if one did.
    case finish(FinishReason, stop: StopMatch? = nil)
}

extension ReplyDelta {
    /// The approximate memory of the delta, in bytes, while it is buffered.
    var memory: Int {
        switch self {
        case .start, .finish: 0
        case .prompt(let bytes, let tokens), .text(let bytes, let tokens):
            tokens.reduce(bytes.count) { $0 + $1.memory }
        case .reasoning(let text): text.utf8.count
        case .toolCall(let fragment): fragment.arguments.utf8.count
        }
    }
}

extension EmittedToken {
    /// An array has 32 bytes of storage besides its content.
    fileprivate var memory: Int {
        token.topLogprobs.reduce(MemoryLayout<EmittedToken>.stride + 32 + token.bytes.count) {
            $0 + MemoryLayout<Token.Alternative>.stride + 32 + $1.bytes.count
        }
    }
}
