import Martlet
import MartletEngine

struct Alphabet: LanguageModel {
    static let letters = Array("abcdefghijklmnopqrstuvwxyz .".utf8)
    let configuration = LanguageModelConfiguration(
        vocabularySize: letters.count + 1, contextLength: 100, endTokens: [letters.count],
        specialTokens: [letters.count])

    func forward(_ batch: ForwardBatch, cache: inout Void) -> ForwardOutput {
        var output = ForwardOutput(logits: [])
        for segment in batch.segments {
            switch segment.output {
            case .nothing, .allHidden: break
            case .lastLogits: for token in segment.tokens.suffix(1) { output.logits += logits(after: token) }
            case .allLogits: for token in segment.tokens { output.logits += logits(after: token) }
            }
        }
        return output
    }

    private func logits(after token: Int) -> [Float] {
        (0..<configuration.vocabularySize).map { $0 == token + 1 ? 5 : 0 }
    }

    func encode(_ text: String, parsesSpecialTokens: Bool) -> [Int] {
        text.lowercased().utf8.compactMap { Self.letters.firstIndex(of: $0) }
    }

    func bytes(of token: Int) -> [UInt8] { Self.letters.indices.contains(token) ? [Self.letters[token]] : [] }
}

try await serve(Engine(Alphabet(), name: "alphabet"))
