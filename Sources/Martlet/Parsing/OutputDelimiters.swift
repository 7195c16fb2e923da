/// The strings that a model writes before and after reasoning or a tool call.
public struct OutputDelimiters: Sendable, Hashable {
    /// The string before the content; an empty one never matches.
    public let opening: String
    /// The string after the content; an empty one never matches.
    public let closing: String

    public init(_ opening: String, _ closing: String) {
        self.opening = opening
        self.closing = closing
    }

    /// `<think>` and `</think>`.
    public static let think = OutputDelimiters("<think>", "</think>")
    /// `<tool_call>` and `</tool_call>`, around `{"name": ..., "arguments": {...}}`.
    public static let toolCall = OutputDelimiters("<tool_call>", "</tool_call>")
}

/// A short string to find in text that arrives in pieces.
struct Delimiter: Sendable {
    enum Match {
        case whole, part, none
    }

    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    var count: Int { bytes.count }
    var first: UInt8? { bytes.first }

    /// Whether `text` begins with the delimiter (`whole`), or may begin with it once more text arrives (`part`).
    func match(_ text: ArraySlice<UInt8>) -> Match {
        let common = zip(text, bytes).prefix { $0 == $1 }.count
        return bytes.isEmpty ? .none : common == bytes.count ? .whole : common == text.count ? .part : .none
    }

    /// Returns the offset of the first match, or else the offset at which a match may begin once more text arrives;
    /// that is the end of `text` if there is no partial match. Linear in practice, because delimiters are short.
    func find(in text: [UInt8]) -> (offset: Int, isWhole: Bool) {
        guard let first = bytes.first else { return (text.count, false) }
        for offset in text.indices where text[offset] == first {
            switch match(text[offset...]) {
            case .whole: return (offset, true)
            case .part: return (offset, false)
            case .none: continue
            }
        }
        return (text.count, false)
    }
}
