/// One thing that a backend has to say about one choice of an answer.
public struct StreamEvent: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case text(String)
        case token(Token)
        case reasoning(String)
        case toolCall(ToolCallFragment)
        case usage(promptTokens: Int?, completionTokens: Int?, cachedTokens: Int?)
        case finish(FinishReason)
    }

    let kind: Kind
    /// The choice it belongs to, from 0 below the request's `n`.
    public let choice: Int

    /// The piece of text, if it is one.
    public var text: String? { if case .text(let text) = kind { text } else { nil } }

    /// The token, if it is one.
    public var token: Token? { if case .token(let token) = kind { token } else { nil } }

    /// The piece of thought, if it is one.
    public var reasoning: String? { if case .reasoning(let text) = kind { text } else { nil } }

    /// The piece of a tool call, if it is one.
    public var toolCall: ToolCallFragment? { if case .toolCall(let fragment) = kind { fragment } else { nil } }

    /// Why the choice ends, if it is its end.
    public var finishReason: FinishReason? { if case .finish(let reason) = kind { reason } else { nil } }

    /// Whether it may still come when its choice has ended.
    var isUsage: Bool { if case .usage = kind { true } else { false } }

    private init(_ kind: Kind, choice: Int) {
        self.kind = kind
        self.choice = choice
    }

    /// A piece of text; counts as one token.
    public static func text(_ text: String, choice: Int = 0) -> StreamEvent { StreamEvent(.text(text), choice: choice) }

    /// A token, whose bytes need not be whole characters.
    public static func token(_ token: Token, choice: Int = 0) -> StreamEvent {
        StreamEvent(.token(token), choice: choice)
    }

    /// A piece of the model's thoughts; counts as one token, and is no part of the text.
    public static func reasoning(_ text: String, choice: Int = 0) -> StreamEvent {
        StreamEvent(.reasoning(text), choice: choice)
    }

    /// A piece of a tool call; counts as one token.
    public static func toolCall(_ fragment: ToolCallFragment, choice: Int = 0) -> StreamEvent {
        StreamEvent(.toolCall(fragment), choice: choice)
    }

    /// Token counts that the backend knows better than by its emits; nil leaves the count to the framework.
    /// May come at any time before the backend returns, and again.
    public static func usage(
        promptTokens: Int? = nil, completionTokens: Int? = nil, cachedTokens: Int? = nil
    ) -> StreamEvent {
        StreamEvent(
            .usage(promptTokens: promptTokens, completionTokens: completionTokens, cachedTokens: cachedTokens),
            choice: 0)
    }

    /// The end of a choice, when the reason is not what returning would mean.
    public static func finish(_ reason: FinishReason, choice: Int = 0) -> StreamEvent {
        StreamEvent(.finish(reason), choice: choice)
    }
}
