internal import Martlet
internal import MartletClient

/// Turns the events of an upstream's reply into those of a backend.
protocol EventTranslation: Sendable {
    associatedtype Event

    mutating func events(of event: Event) -> [StreamEvent]
    /// What is left at the end of the reply.
    mutating func finish() -> [StreamEvent]
}

/// The events of a chat.
struct ChatTranslation: EventTranslation {
    private var tokens: TokenPairing?

    /// - Parameter readsLogprobs: Whether the request asks for log-probabilities.
    init(readsLogprobs: Bool) { tokens = readsLogprobs ? TokenPairing() : nil }

    mutating func events(of event: ChatEvent) -> [StreamEvent] {
        let choice = event.choice
        switch event.kind {
        case .text(let text), .refusal(let text):
            return tokens?.receive(text, choice) ?? [.text(text, choice: choice)]
        case .logprobs(let value):
            return tokens?.receive((value.object?["content"]?.array ?? []).compactMap(Token.init(chat:)), choice) ?? []
        case .reasoning(let text): return before(choice) + [.reasoning(text, choice: choice)]
        case .toolCall(let delta):
            let fragment = ToolCallFragment(
                index: delta.index, id: delta.call.id, name: delta.call.name, arguments: delta.arguments)
            return before(choice) + [.toolCall(fragment, choice: choice)]
        case .finish(let reason): return before(choice) + [.finish(reason, choice: choice)]
        case .usage(let usage): return [.usage(usage)]
        default: return []
        }
    }

    mutating func finish() -> [StreamEvent] { tokens?.finish() ?? [] }

    private mutating func before(_ choice: Int) -> [StreamEvent] { tokens?.release(choice) ?? [] }
}

/// The events of a completion.
struct CompletionTranslation: EventTranslation {
    private var tokens: TokenPairing?

    /// - Parameter readsLogprobs: Whether the request asks for log-probabilities.
    init(readsLogprobs: Bool) { tokens = readsLogprobs ? TokenPairing() : nil }

    mutating func events(of event: CompletionEvent) -> [StreamEvent] {
        let choice = event.choice
        switch event.kind {
        case .text(let text): return tokens?.receive(text, choice) ?? [.text(text, choice: choice)]
        case .logprobs(let value): return tokens?.receive(Token.list(completion: value), choice) ?? []
        case .finish(let reason): return (tokens?.release(choice) ?? []) + [.finish(reason, choice: choice)]
        case .usage(let usage): return [.usage(usage)]
        default: return []
        }
    }

    mutating func finish() -> [StreamEvent] { tokens?.finish() ?? [] }
}

extension StreamEvent {
    fileprivate static func usage(_ usage: Usage) -> StreamEvent {
        let usage = usage.plausible
        return .usage(
            promptTokens: usage.promptTokens, completionTokens: usage.completionTokens,
            cachedTokens: usage.cachedTokens, reasoningTokens: usage.reasoningTokens)
    }
}
