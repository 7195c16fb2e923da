/// One thing that a step brought about.
enum StepResult: Sendable {
    enum End: Sendable {
        /// The token is one that ends a text, and no part of it.
        case stop
        /// The token is the last that was asked for, or that the context has room for.
        case length
    }

    /// The next token of a choice; with an end, its last.
    case token(RequestID, choice: Int, SampledToken, end: End?)
    /// The end of a choice of no tokens.
    case end(RequestID, choice: Int)
    /// A prompt's own tokens, the first of them without a log-probability. Comes before the first token of any choice.
    case prompt(RequestID, [SampledToken])
    /// How many of the prompt's tokens the cache had. Comes before the first token of any choice.
    case cached(RequestID, tokens: Int)
    /// The mean of the prompt's hidden states [hidden size], of length 1.
    case embedding(RequestID, [Float])
}

/// What an engine calls a request.
struct RequestID: Hashable, Sendable {
    let number: UInt64
}
