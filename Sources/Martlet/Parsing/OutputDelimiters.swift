/// What a model writes before and after something that is not plain text.
public struct OutputDelimiters: Sendable, Hashable {
    /// At least one character.
    public let opening: String
    /// At least one character.
    public let closing: String

    /// Tags; an empty one is never found.
    public init(_ opening: String, _ closing: String) {
        self.opening = opening
        self.closing = closing
    }

    /// `<think>` and `</think>`.
    public static let think = OutputDelimiters("<think>", "</think>")
    /// `<tool_call>` and `</tool_call>`, around `{"name": ..., "arguments": {...}}`.
    public static let toolCall = OutputDelimiters("<tool_call>", "</tool_call>")
}

/// A short string that is looked for in text that is still to come.
struct Delimiter: Sendable {
    enum Match {
        case whole, part, none
    }

    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    var count: Int { bytes.count }
    var first: UInt8? { bytes.first }

    /// Whether `text` begins with the needle, or may when more of it comes.
    func match(_ text: ArraySlice<UInt8>) -> Match {
        let common = zip(text, bytes).prefix { $0 == $1 }.count
        return bytes.isEmpty ? .none : common == bytes.count ? .whole : common == text.count ? .part : .none
    }

    /// Where the needle is first found, or else where it may yet begin: at the end of `text`, if nowhere. Linear for
    /// all that matters: a needle is short.
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
