/// A backend that converts text to tokens and back. It lets other endpoints accept text where they need token ids, and
/// serves `/tokenize`, `/detokenize`, `/apply-template` and `/tokenizer_info`.
public protocol Tokenizing: Backend {
    /// Returns the token ids of `text`. The spelling of a special token is encoded as that token.
    func encode(_ text: String, model: String) async throws -> [Int]

    /// Returns the token ids of `text`.
    ///
    /// The default implementation ignores `parsesSpecialTokens` and calls `encode(_:model:)`.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - model: The id of the model.
    ///   - parsesSpecialTokens: Whether the spelling of a special token is encoded as that token; otherwise it is plain
    ///     text.
    func encode(_ text: String, model: String, parsesSpecialTokens: Bool) async throws -> [Int]

    /// Returns the text of `tokenIDs`, including the spelling of special tokens. Invalid UTF-8 becomes U+FFFD.
    ///
    /// - Throws: `BackendError` for an id that is not in the vocabulary.
    func decode(_ tokenIDs: [Int], model: String) async throws -> String

    /// Applies the model's chat template and returns the token ids of the prompt from which the reply is generated.
    ///
    /// - Throws: `BackendError.notSupported(_:)` if the model has no chat template.
    func applyTemplate(_ request: ChatRequest) async throws -> [Int]

    /// Returns what is known about the tokenizer. Default: nothing.
    func tokenizerInfo(of model: String) async throws -> TokenizerInfo
}

extension Tokenizing {
    public func encode(_ text: String, model: String, parsesSpecialTokens: Bool) async throws -> [Int] {
        try await encode(text, model: model)
    }

    public func tokenizerInfo(of model: String) async throws -> TokenizerInfo { TokenizerInfo() }
}

/// The content of `GET /tokenizer_info`: the members of Hugging Face's `tokenizer_config.json` that clients read.
/// Members that are nil are omitted.
public struct TokenizerInfo: Sendable, Hashable {
    /// The spelling of the end-of-text token.
    public var endOfText: String?
    /// The spelling of the beginning-of-text token.
    public var beginningOfText: String?
    /// The spelling of the padding token.
    public var padding: String?
    /// The number of tokens in the vocabulary.
    public var vocabularySize: Int?
    /// The source of the chat template, in Jinja.
    public var chatTemplate: String?

    public init(endOfText: String? = nil, vocabularySize: Int? = nil) {
        self.endOfText = endOfText
        self.vocabularySize = vocabularySize
    }
}
