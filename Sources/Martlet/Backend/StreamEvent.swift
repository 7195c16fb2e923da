/// One thing that a backend has to say about one choice of an answer.
public struct StreamEvent: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case text(String)
        case token(Token)
        case prompt([Token])
        case reasoning(String)
        case toolCall(ToolCallFragment)
        case usage(promptTokens: Int?, completionTokens: Int?, cachedTokens: Int?)
        case finish(FinishReason)
    }

    let kind: Kind
    /// How many generated tokens it stands for: 1 for a piece of the answer unless its maker said otherwise.
    public var tokenCount: Int
    /// The choice it belongs to, from 0 below the request's `n`.
    public let choice: Int

    /// The piece of text, if it is one.
    public var text: String? { if case .text(let text) = kind { text } else { nil } }

    /// The token, if it is one.
    public var token: Token? { if case .token(let token) = kind { token } else { nil } }

    /// The prompt's tokens, if it is those.
    public var prompt: [Token]? { if case .prompt(let tokens) = kind { tokens } else { nil } }

    /// The piece of thought, if it is one.
    public var reasoning: String? { if case .reasoning(let text) = kind { text } else { nil } }

    /// The piece of a tool call, if it is one.
    public var toolCall: ToolCallFragment? { if case .toolCall(let fragment) = kind { fragment } else { nil } }

    /// Why the choice ends, if it is its end.
    public var finishReason: FinishReason? { if case .finish(let reason) = kind { reason } else { nil } }

    /// Whether it may still come when its choice has ended.
    var isUsage: Bool { if case .usage = kind { true } else { false } }

    private init(_ kind: Kind, choice: Int, tokenCount: Int = 0) {
        self.kind = kind
        self.tokenCount = tokenCount
        self.choice = choice
    }

    /// A piece of text, of so many tokens.
    public static func text(_ text: String, choice: Int = 0, tokenCount: Int = 1) -> StreamEvent {
        StreamEvent(.text(text), choice: choice, tokenCount: tokenCount)
    }

    /// A token, whose bytes need not be whole characters.
    public static func token(_ token: Token, choice: Int = 0, tokenCount: Int = 1) -> StreamEvent {
        StreamEvent(.token(token), choice: choice, tokenCount: tokenCount)
    }

    /// A piece of the model's thoughts, of so many tokens; no part of the text.
    public static func reasoning(_ text: String, choice: Int = 0, tokenCount: Int = 1) -> StreamEvent {
        StreamEvent(.reasoning(text), choice: choice, tokenCount: tokenCount)
    }

    /// A piece of a tool call, of so many tokens.
    public static func toolCall(_ fragment: ToolCallFragment, choice: Int = 0, tokenCount: Int = 1) -> StreamEvent {
        StreamEvent(.toolCall(fragment), choice: choice, tokenCount: tokenCount)
    }

    /// The prompt's own tokens, for a request with `echo`: before all else, once, for all choices of the prompt.
    public static func prompt(_ tokens: [Token]) -> StreamEvent { StreamEvent(.prompt(tokens), choice: 0) }

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

/// A piece of a tool call, as OpenAI's `delta.tool_calls` has it.
public struct ToolCallFragment: Sendable, Equatable {
    /// Which call of the answer this is a piece of, from 0.
    public var index: Int
    /// In the first piece of a call only.
    public var id: String?
    /// In the first piece of a call only.
    public var name: String?
    /// JSON text, or part of it.
    public var arguments: String

    public init(index: Int, id: String? = nil, name: String? = nil, arguments: String = "") {
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
