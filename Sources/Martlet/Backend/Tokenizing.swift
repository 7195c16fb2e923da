/// A backend that can turn text into tokens and back. It also answers `/tokenize`, `/detokenize`, `/apply-template` and
/// `/tokenizer_info`.
public protocol Tokenizing: Backend {
    /// The token ids of `text`, in which the spellings of special tokens mean those tokens.
    func encode(_ text: String, model: String) async throws -> [Int]

    /// The token ids of `text`, where special tokens may be plain text. Without this, they never are.
    func encode(_ text: String, model: String, parsesSpecialTokens: Bool) async throws -> [Int]

    /// The text of `tokenIDs`, special tokens by their spelling; bytes that are no UTF-8 become U+FFFD.
    ///
    /// - Throws: `BackendError` for an id that the vocabulary does not have.
    func decode(_ tokenIDs: [Int], model: String) async throws -> String

    /// The token ids of a conversation as the model was trained to see it, ready for the answer.
    func applyTemplate(_ request: ChatRequest) async throws -> [Int]

    /// What is known of the tokenizer; nothing, unless a backend says more.
    func tokenizerInfo(of model: String) async throws -> TokenizerInfo
}

extension Tokenizing {
    public func encode(_ text: String, model: String, parsesSpecialTokens: Bool) async throws -> [Int] {
        try await encode(text, model: model)
    }

    public func tokenizerInfo(of model: String) async throws -> TokenizerInfo { TokenizerInfo() }
}

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
