internal import Martlet
internal import MartletConstraint
internal import MartletUV

/// What an engine generates: some choices of one prompt.
struct EngineRequest: Sendable {
    /// Identifies a request within its engine; later ones have larger numbers.
    struct ID: Hashable, Sendable {
        let number: UInt64
    }

    /// At least one token, all in the vocabulary, fewer than the context takes.
    var prompt: [Int]
    var sampling = SamplingParameters()
    /// Where each choice begins in what it must be; nil for any text.
    var matcher: Matcher?
    /// The most tokens of each choice; nil for as many as the context takes. 0 is for a prompt that is only scored.
    var maxTokens: Int?
    var choices = 1
    /// Alternatives to each token; nil for no log-probabilities.
    var topLogprobs: Int?
    /// Whether the prompt's own tokens are reported first.
    var scoresPrompt = false
    /// Who sent it, and when waiting for it becomes pointless.
    var principal: String?
    var deadline: ContinuousClock.Instant?
    /// Determines what is drawn. Choice 0 draws with the seed itself, so that it is the same whatever `choices` is.
    var seed: UInt64 = 0
}

/// What is posted to an engine's thread.
enum EngineMessage: Sendable {
    /// How tokens become events.
    struct Output: Sendable {
        /// Finds thoughts and tool calls; nil for plain text.
        var parser: OutputParser?
        /// Strings that end a choice and are not part of it.
        var stop: [String] = []
        /// Special tokens that the parser reads as text: the model's delimiters.
        var delimiterTokens: Set<Int> = []
        /// How many of the choices are emitted, the likeliest; nil for all of them, token by token.
        var selectionCount: Int?
    }

    case generate(EngineRequest, Output, EventOutlet)
    /// The requests have only a prompt, a principal and a deadline.
    case embed([EngineRequest], EmbeddingResult, Mailbox)
}

/// Collects vectors on the engine's thread for the task that asked for them.
final class EmbeddingResult: Sendable {
    private let gathered: Locked<[[Float]]>

    init(count: Int) { gathered = Locked(Array(repeating: [], count: count)) }

    var vectors: [[Float]] { gathered.withLock { $0 } }

    func set(_ vector: [Float], at index: Int) { gathered.withLock { $0[index] = vector } }
}
