/// What a model writes before and after something that is not plain text.
public struct OutputTags: Sendable, Hashable {
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
    public static let think = OutputTags("<think>", "</think>")
    /// `<tool_call>` and `</tool_call>`, around `{"name": ..., "arguments": {...}}`.
    public static let toolCall = OutputTags("<tool_call>", "</tool_call>")
}
