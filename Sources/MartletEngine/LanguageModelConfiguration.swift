/// What an engine has to know of a model.
public struct LanguageModelConfiguration: Sendable, Hashable {
    /// Token ids are below this.
    public var vocabularySize: Int
    /// The most tokens of a prompt and its answer together.
    public var contextLength: Int
    /// Tokens that end an answer.
    public var endTokens: Set<Int>
    /// Tokens that are no text: they are never shown.
    public var specialTokens: Set<Int>
    /// Numbers in a hidden state; 0 for a model that gives none, which then cannot embed.
    public var hiddenSize: Int
    /// What one token takes in the cache.
    public var cacheBytesPerToken: Int

    /// A model of that vocabulary and context.
    public init(
        vocabularySize: Int, contextLength: Int, endTokens: Set<Int> = [], specialTokens: Set<Int> = [],
        hiddenSize: Int = 0, cacheBytesPerToken: Int = 0
    ) {
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.endTokens = endTokens
        self.specialTokens = specialTokens
        self.hiddenSize = hiddenSize
        self.cacheBytesPerToken = cacheBytesPerToken
    }
}
