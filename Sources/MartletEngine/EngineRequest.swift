internal import Martlet

/// What an engine is asked to generate: so many choices of one prompt.
struct EngineRequest: Sendable {
    /// At least one token, all in the vocabulary, fewer than the context takes.
    var prompt: [Int]
    var sampling = SamplingParameters()
    /// Tokens of each choice; nil for as many as the context takes. 0 is for a prompt that is only scored.
    var maxTokens: Int?
    var choices = 1
    /// Alternatives to each token; nil for no log-probabilities.
    var topLogprobs: Int?
    /// Whether the prompt's own tokens are told first.
    var scoresPrompt = false
    /// Decides what is drawn. Choice 0 draws with the seed itself, so that it is the same whatever `choices` is.
    var seed: UInt64 = 0
}
