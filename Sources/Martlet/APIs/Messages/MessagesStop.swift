internal import MartletJSON
internal import MartletOpenAI

/// Why a message ended: `stop_reason` and `stop_sequence`.
struct MessagesStop {
    private var reason: String?
    private var sequence: String?

    /// A message that has not ended.
    init() {}

    /// - Parameter limit: The request's `max_tokens`.
    init(_ facts: GenerationFacts, limit: Int?) {
        switch facts.finishReason {
        case .toolCalls: reason = "tool_use"
        case .contentFilter: reason = "refusal"
        case .length:
            // Fewer tokens than were asked for: the end of the context has come first.
            let isCutByContext = !facts.isUsageEstimated && limit.map { facts.usage.completionTokens < $0 } == true
            reason = isCutByContext ? "model_context_window_exceeded" : "max_tokens"
        default:
            if case .string(let text) = facts.stop { sequence = text }
            reason = sequence == nil ? "end_turn" : "stop_sequence"
        }
    }

    /// Writes the two members.
    func write(to writer: inout JSONWriter) {
        writer.member("stop_reason", reason)
        writer.member("stop_sequence", sequence)
    }
}
