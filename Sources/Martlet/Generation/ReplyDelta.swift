/// What an event adds to a choice, after stop strings, limits and incomplete characters were seen to.
enum ReplyDelta {
    /// Comes first, once.
    case start
    /// The prompt, for a reply that begins with it: UTF-8, and its tokens.
    case prompt([UInt8], [EmittedToken])
    /// UTF-8, and the tokens whose text begins in it, where the reply shows tokens.
    case text([UInt8], [EmittedToken])
    case reasoning(String)
    /// The first fragment of a call has its id and name, no other has.
    case toolCall(ToolCallFragment)
    /// Comes last, once; with the stop string or stop token that ended the choice, if one did.
    case finish(FinishReason, stop: StopMatch? = nil)
}

/// What of a request's stops was found.
enum StopMatch: Sendable, Equatable {
    case string(String)
    /// The id of a stop token.
    case token(Int)
}

extension ReplyDelta {
    /// About how many bytes it takes to keep.
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
    /// Bytes arrays have 32 bytes of storage besides their content.
    fileprivate var memory: Int {
        token.topLogprobs.reduce(MemoryLayout<EmittedToken>.stride + 32 + token.bytes.count) {
            $0 + MemoryLayout<Token.Alternative>.stride + 32 + $1.bytes.count
        }
    }
}
