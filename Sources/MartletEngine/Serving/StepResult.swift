internal import MartletConstraint

/// One result of a step.
enum StepResult: Sendable {
    enum End: Sendable {
        /// The token ends the text and is not part of it.
        case stop
        /// The token is the last one by `maxTokens`, or the last one that the context has room for.
        case length
    }

    /// The next token of a choice; its last one if `end` is set.
    case token(EngineRequest.ID, choice: Int, SampledToken, end: End?)
    /// The end of a choice without a token.
    case end(EngineRequest.ID, choice: Int, End)
    /// The end of a request, all of whose choices are dropped, because one cannot follow its constraint any further.
    case failed(EngineRequest.ID, ConstraintError)
    /// A prompt's own tokens, the first without a log-probability. Comes before the first token of any choice.
    case prompt(EngineRequest.ID, [SampledToken])
    /// How many of the prompt's tokens were in the cache. Comes before the first token of any choice.
    case cached(EngineRequest.ID, tokens: Int)
    /// The mean of the prompt's hidden states [hidden size], of length 1.
    case embedding(EngineRequest.ID, [Float])
}
