/// Why a choice ended, in OpenAI's words.
public struct FinishReason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The word on the wire.
    public let rawValue: String

    /// The word itself.
    public var description: String { rawValue }

    /// A reason by its word; strict clients know only the ones below.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The model came to its end, or to a stop string.
    public static let stop = FinishReason(rawValue: "stop")
    /// The limit on tokens was reached, or the context was full.
    public static let length = FinishReason(rawValue: "length")
    /// The model calls tools and waits for their results.
    public static let toolCalls = FinishReason(rawValue: "tool_calls")
    /// Content was withheld.
    public static let contentFilter = FinishReason(rawValue: "content_filter")
}
