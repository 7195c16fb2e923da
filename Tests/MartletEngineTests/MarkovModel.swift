import Martlet
import MartletEngine

/// A model of one line of arithmetic: the next letter depends on the last one. Its forward pass needs no cache, and its
/// hidden state is the letter.
struct MarkovModel: LanguageModel {
    static let letters = Array("abcdefghijklmnopqrstuvwxyz .".utf8)
    /// Stands for the end of a text.
    static let end = letters.count

    let configuration = LanguageModelConfiguration(
        vocabularySize: end + 1, contextLength: 100, endTokens: [end], specialTokens: [end], hiddenSize: end + 1,
        cacheBytesPerToken: 1)

    func forward(_ batch: ForwardBatch, cache: inout Void) -> ForwardOutput {
        var output = ForwardOutput(logits: [])
        for segment in batch.segments {
            switch segment.output {
            case .nothing: break
            case .lastLogits: for token in segment.tokens.suffix(1) { output.logits += logits(after: token) }
            case .allLogits: for token in segment.tokens { output.logits += logits(after: token) }
            case .allHidden: for token in segment.tokens { output.hidden += logits(after: token) }
            }
        }
        return output
    }

    /// The next letter of the alphabet is likely, and every other possible.
    private func logits(after token: Int) -> [Float] {
        (0..<configuration.vocabularySize).map { $0 == (token + 1) % (Self.end + 1) ? 5 : Float($0 * token % 7) / 7 }
    }

    func encode(_ text: String, parsesSpecialTokens: Bool) -> [Int] {
        text.lowercased().utf8.compactMap { Self.letters.firstIndex(of: $0) }
    }

    func bytes(of token: Int) -> [UInt8] { Self.letters.indices.contains(token) ? [Self.letters[token]] : [] }
}
