public import Martlet

/// A model that an `Engine` serves: a forward pass, and what text is in tokens.
///
/// The engine calls `forward` from one thread of its own, and everything else from any. Nothing but arithmetic is
/// asked of the model: batching, the cache's bookkeeping, sampling, stop strings and streams are the engine's.
public protocol LanguageModel: Sendable {
    /// The keys and values of all sequences; `Void` for a model that has none.
    associatedtype Cache = Void

    /// The model's sizes, asked once.
    var configuration: LanguageModelConfiguration { get }

    /// What it is, for those who ask about it.
    var details: ModelDetails { get }

    /// What it was trained for beyond what the engine does for any model: `.reasoning`.
    var capabilities: Capabilities { get }

    /// Room for the keys and values of `blockCount` blocks of `blockSize` tokens each. Called once, on the engine's
    /// thread, which the cache never leaves.
    func makeCache(blockCount: Int, blockSize: Int) -> Cache

    /// Computes the tokens of all segments, stores their keys and values, and gives what the segments ask for.
    ///
    /// A row's result must not depend on the rows beside it, to the bit: it is what makes an answer the same alone and
    /// in company.
    func forward(_ batch: ForwardBatch, cache: inout Cache) -> ForwardOutput

    /// The tokens of a text. Where `parsesSpecialTokens`, the spelling of a special token means that token.
    func encode(_ text: String, parsesSpecialTokens: Bool) -> [Int]

    /// The bytes that a token stands for, for a special one its spelling; none for an id without a token.
    func bytes(of token: Int) -> [UInt8]

    /// What ends an answer of a model that has no token for it.
    var stopStrings: [String] { get }

    /// A conversation as the model was trained to see it, up to where the answer begins.
    func applyTemplate(_ request: ChatRequest) throws -> [Int]
}

extension LanguageModel where Cache == Void {
    public func makeCache(blockCount: Int, blockSize: Int) {}
}

extension LanguageModel {
    /// Nothing is known.
    public var details: ModelDetails { ModelDetails() }

    /// Nothing.
    public var capabilities: Capabilities { [] }

    /// Where the default template's next speaker begins.
    public var stopStrings: [String] { ["\nUser:", "\nSystem:", "\nTool:"] }

    /// `Role: content` line by line, for models that know no chat.
    public func applyTemplate(_ request: ChatRequest) throws -> [Int] {
        var text = ""
        for message in request.messages {
            let role = message.role.rawValue
            text += "\(role.prefix(1).uppercased())\(role.dropFirst()): \(message.text)\n"
        }
        return encode(text + "Assistant:", parsesSpecialTokens: false)
    }
}
