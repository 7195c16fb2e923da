import Martlet
import MartletEngine

/// A model of random weights that can write every byte, and some texts of which tokens are more likely.
struct RandomModel: LanguageModel {
    static let texts = [
        "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_call>{\"name\": \"", "{\"", "\"}", "\"}}</",
        "}}</tool", "name", "\": \"", "\", \"", "arguments\": {", "{\"name\":", " \"", "ab", "abc", "\"}}</tool_call>",
        "}}", "123", "ééé",
        "}}</tool_call>\n", "true", "null", "]}", "[]", ": ",
    ]
    static let end = 256 + texts.count
    /// A special token that is spelled like a delimiter.
    static let thought = end + 1

    var isSpecialThought = false
    var contextLength = 400
    var thinks = false
    var hasEnd = true

    var configuration: LanguageModelConfiguration {
        LanguageModelConfiguration(
            vocabularySize: Self.thought + 1, contextLength: contextLength, endTokens: hasEnd ? [Self.end] : [],
            specialTokens: [Self.end, Self.thought], cacheBytesPerToken: 1)
    }

    func forward(_ batch: ForwardBatch, cache: inout Void) -> ForwardOutput {
        var output = ForwardOutput(logits: [])
        for segment in batch.segments {
            for (offset, token) in segment.tokens.enumerated() {
                let isLast = offset == segment.tokens.count - 1
                if segment.output == .allLogits || segment.output == .lastLogits && isLast {
                    output.logits += logits(after: token, at: segment.start + offset)
                }
            }
        }
        return output
    }

    /// Anything, as token and position determine.
    private func logits(after token: Int, at position: Int) -> [Float] {
        var state = UInt64(truncatingIfNeeded: token &* 1_000_003 &+ position &* 7919 &+ 12345)
        return (0..<configuration.vocabularySize).map { id in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 22) + (id >= 256 || id == 0x7D || id == 0x22 ? 2 : 0)
        }
    }

    func encode(_ text: String, parsesSpecialTokens: Bool) -> [Int] {
        var (rest, result) = (Array(text.utf8)[...], [Int]())
        while let first = rest.first {
            let next = Self.texts.indices.filter { rest.starts(with: Self.texts[$0].utf8) }.max {
                Self.texts[$0].utf8.count < Self.texts[$1].utf8.count
            }
            result.append(next.map { $0 + 256 } ?? Int(first))
            rest = rest.dropFirst(next.map { Self.texts[$0].utf8.count } ?? 1)
        }
        return result
    }

    func bytes(of token: Int) -> [UInt8] {
        switch token {
        case 0..<256: [UInt8(token)]
        case 256..<Self.end: Array(Self.texts[token - 256].utf8)
        case Self.end: Array("<end>".utf8)
        default: Array((isSpecialThought ? "<think>" : "<other>").utf8)
        }
    }

    var chatTemplate: ChatTemplate {
        .chatML(rendersTools: true, thinks: { [thinks] _ in thinks }, messages: { ChatTemplate.messages(of: $0) })
    }
    var reasoningDelimiters: OutputDelimiters? { .think }
    var toolCallDelimiters: OutputDelimiters? { .toolCall }
}
