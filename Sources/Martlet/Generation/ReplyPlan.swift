internal import MartletOpenAI

/// All that is known of a reply before its first event.
struct ReplyPlan: Sendable {
    /// One prompt of the request; a chat has one.
    struct Prompt: Sendable {
        /// How many tokens it has, as far as the framework knows.
        var tokenCount = 0
        /// Its ids, where the reply tells them.
        var tokenIDs: [Int]?
        /// How long its text is, where the reply tells of places in it.
        var scalarCount = 0
        /// Of each of its choices; nil if there is no limit.
        var maxTokens: Int?
    }

    /// The request's id of ours, behind the format's prefix.
    var id: String
    var model: String
    /// Seconds since 1970.
    var created: Int
    var isStreamed: Bool
    var streamOptions = StreamOptions()
    /// Choices of each prompt.
    var n: Int
    var prompts: [Prompt]
    var stop: [String]
    var stopTokenIDs: Set<Int> = []
    var allowsParallelToolCalls = true
    /// Whether a choice begins with its prompt.
    var echoes = false
    /// Whether the reply shows tokens: their log-probabilities, or their ids.
    var showsTokens = false

    /// What holds for the choices of one prompt.
    func rules(for prompt: Prompt) -> ChoiceFold.Rules {
        ChoiceFold.Rules(
            maxTokens: prompt.maxTokens, stopTokenIDs: stopTokenIDs, allowsParallelToolCalls: allowsParallelToolCalls,
            keepsTokens: showsTokens, promptScalars: prompt.scalarCount)
    }
}
