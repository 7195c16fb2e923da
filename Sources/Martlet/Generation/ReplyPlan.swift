internal import MartletOpenAI

/// The properties of a reply that are known before its first event.
struct ReplyPlan: Sendable {
    /// One prompt of the request; a chat has one.
    struct Prompt: Sendable {
        /// The number of its tokens; 0 if only the backend knows it.
        var tokenCount = 0
        /// The bytes of its text, if the number of its tokens is not known.
        var textSize = 0
        /// Its token ids, if the reply includes them.
        var tokenIDs: [Int]?
        /// The length of its text in Unicode scalars, if the reply includes offsets into the text.
        var scalarCount = 0
        /// The maximum number of tokens of each of its choices; nil means no limit.
        var maxTokens: Int?
    }

    /// The server's unique id of the request; the format adds its prefix.
    var id: String
    var model: String
    /// Seconds since 1970.
    var created: Int
    /// When the request was complete.
    var arrival = ContinuousClock.now
    var isStreamed: Bool
    var streamOptions = StreamOptions()
    /// The number of choices for each prompt.
    var n: Int
    var prompts: [Prompt]
    var stop: [String]
    var stopTokenIDs: Set<Int> = []
    var allowsParallelToolCalls = true
    /// Whether each choice starts with its prompt.
    var echoes = false
    /// Whether the reply includes log-probabilities or token ids.
    var showsTokens = false
    /// As the request has them, for its record.
    var sampling: SamplingParameters?
    var maxTokens: Int?
    /// Whether the record of the request has the generation's steps.
    var recordsSteps = false
    /// Whether another server generates: it enforces the limits of tokens, and if it does not report counts of them, those
    /// of the framework are estimates.
    var isRelayed = false

    /// The estimated tokens of all prompts and choices.
    func estimate(meanReply: Int, contextLength: Int?) -> TokenEstimate {
        prompts.reduce(TokenEstimate()) { sum, prompt in
            sum
                + TokenEstimate(
                    promptTokens: prompt.tokenCount, textBytes: prompt.textSize, maxTokens: prompt.maxTokens,
                    choices: n,
                    meanReply: meanReply, contextLength: contextLength)
        }
    }

    /// The rules for the choices of one prompt.
    func rules(for prompt: Prompt) -> ChoiceFold.Rules {
        ChoiceFold.Rules(
            maxTokens: isRelayed ? nil : prompt.maxTokens, stopTokenIDs: stopTokenIDs,
            allowsParallelToolCalls: allowsParallelToolCalls, keepsTokens: showsTokens,
            promptScalars: prompt.scalarCount)
    }
}
