public import Martlet

/// A model that an `Engine` serves: a forward pass, and the conversion between text and tokens.
///
/// The engine calls `makeCache` and `forward` on its own thread, and everything else from any thread. Batching, the
/// cache's bookkeeping, sampling, stop strings and streams are the engine's part.
public protocol LanguageModel: Sendable {
    /// The keys and values of all sequences; `Void` for a model that has none.
    associatedtype Cache = Void

    /// The model's sizes. Read once.
    var configuration: LanguageModelConfiguration { get }

    /// Facts for the endpoints that describe a model, such as its parameter count.
    var details: ModelDetails { get }

    /// What the model was trained for beyond what the engine does for any model: `.reasoning`.
    var capabilities: Capabilities { get }

    /// Memory for the keys and values of `blockCount` blocks of `blockSize` tokens each. Called once, on the engine's
    /// thread, which the cache never leaves.
    func makeCache(blockCount: Int, blockSize: Int) -> Cache

    /// Computes the tokens of all segments, stores their keys and values, and returns the rows that the segments ask for.
    ///
    /// A row's bits must not depend on the other rows: a request then gets the same tokens alone and in a batch.
    func forward(_ batch: ForwardBatch, cache: inout Cache) -> ForwardOutput

    /// The tokens of a text. If `parsesSpecialTokens`, the spelling of a special token becomes that token.
    func encode(_ text: String, parsesSpecialTokens: Bool) -> [Int]

    /// The bytes that a token stands for, for a special token its spelling. Empty for an id without a token.
    func bytes(of token: Int) -> [UInt8]

    /// The model's conversation format.
    var chatTemplate: ChatTemplate { get }

    /// What the model writes around its thoughts; nil if it writes none.
    var reasoningDelimiters: OutputDelimiters? { get }

    /// What the model writes around a tool call; nil if it makes none. An engine declares `.tools` and `.toolChoice` for a
    /// model with these delimiters and a template that renders tools.
    var toolCallDelimiters: OutputDelimiters? { get }
}

extension LanguageModel where Cache == Void {
    public func makeCache(blockCount: Int, blockSize: Int) {}
}

extension LanguageModel {
    /// Empty.
    public var details: ModelDetails { ModelDetails() }

    /// Empty.
    public var capabilities: Capabilities { [] }

    /// `Role: content` line by line, for models without a chat format.
    public var chatTemplate: ChatTemplate { .transcript }

    /// None: the model's whole output is text.
    public var reasoningDelimiters: OutputDelimiters? { nil }

    /// None: the model's whole output is text.
    public var toolCallDelimiters: OutputDelimiters? { nil }
}

/// A model's sizes and special tokens.
public struct LanguageModelConfiguration: Sendable, Hashable {
    /// Token ids are below this number.
    public var vocabularySize: Int
    /// The most tokens of a prompt and its continuation together.
    public var contextLength: Int
    /// Tokens that end a generation.
    public var endTokens: Set<Int>
    /// Tokens that are not text. They are never part of a reply.
    public var specialTokens: Set<Int>
    /// Numbers in a hidden state; 0 for a model that returns none and cannot embed.
    public var hiddenSize: Int
    /// Bytes that one token takes in the cache.
    public var cacheBytesPerToken: Int

    /// Sizes of a model. `endTokens` and `specialTokens` are empty and `hiddenSize` is 0 unless given.
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
