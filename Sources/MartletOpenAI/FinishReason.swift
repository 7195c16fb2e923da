/// The reason why a choice ended: OpenAI's `finish_reason`.
public struct FinishReason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The value on the wire.
    public let rawValue: String

    public var description: String { rawValue }

    /// Any value is accepted, but strict clients know only those of the constants below.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The model ended its output, or generated a stop string or a stop token.
    public static let stop = FinishReason(rawValue: "stop")
    /// The choice reached the maximum number of tokens or the end of the context.
    public static let length = FinishReason(rawValue: "length")
    /// The model calls tools and expects their results.
    public static let toolCalls = FinishReason(rawValue: "tool_calls")
    /// A content filter removed part of the output.
    public static let contentFilter = FinishReason(rawValue: "content_filter")
}
