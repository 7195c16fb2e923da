package import MartletJSON

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

extension FinishReason {
    /// What the reason of a response of the Responses API is in chat completions; nil for a response that has not ended, or
    /// has failed.
    ///
    /// - Parameter hasCalls: Whether its output has tool calls. `status` is the same with and without them.
    package init?(response: JSONObject, hasCalls: Bool) {
        switch response["status"]?.string {
        case "completed": self = hasCalls ? .toolCalls : .stop
        case "incomplete":
            let reason = response["incomplete_details"]?.object?["reason"]?.string ?? "max_output_tokens"
            self = reason == "max_output_tokens" ? .length : FinishReason(rawValue: reason)
        default: return nil
        }
    }

    /// What a `stop_reason` of Anthropic's Messages API is in chat completions; the same word for one that has no
    /// counterpart.
    package init(stopReason: String) {
        switch stopReason {
        case "end_turn", "stop_sequence": self = .stop
        case "max_tokens", "model_context_window_exceeded": self = .length
        case "tool_use": self = .toolCalls
        case "refusal": self = .contentFilter
        default: self.init(rawValue: stopReason)
        }
    }
}
