/// What `GET /tokenizer_info` tells of a tokenizer: the members of Hugging Face's `tokenizer_config.json` that clients
/// read. What is not known is left out.
public struct TokenizerInfo: Sendable, Hashable {
    /// The spelling of the token that ends a text.
    public var endOfText: String?
    /// The spelling of the token that begins one.
    public var beginningOfText: String?
    /// The spelling of the token that fills up batches.
    public var padding: String?
    /// How many tokens there are.
    public var vocabularySize: Int?
    /// The chat template, as Jinja text.
    public var chatTemplate: String?

    /// A tokenizer of which nothing is known but what is given.
    public init(endOfText: String? = nil, vocabularySize: Int? = nil) {
        self.endOfText = endOfText
        self.vocabularySize = vocabularySize
    }
}
