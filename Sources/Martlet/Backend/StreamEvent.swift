/// One event of a generation, for one choice: text, a token, reasoning, part of a tool call, usage, or the end.
public struct StreamEvent: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case text(String)
        case token(Token)
        case prompt([Token])
        case reasoning(String)
        case toolCall(ToolCallFragment)
        case usage(promptTokens: Int?, completionTokens: Int?, cachedTokens: Int?, reasoningTokens: Int?)
        case finish(FinishReason)
    }

    let kind: Kind
    /// The number of generated tokens that the event counts for in `usage` and against `max_tokens`. By default 1 for
    /// text, a token, reasoning or a tool call fragment, and 0 for other events.
    public var tokenCount: Int
    /// The index of the choice, from 0 to `n` - 1.
    public let choice: Int

    /// The text of a `text` event; nil for other events.
    public var text: String? { if case .text(let text) = kind { text } else { nil } }

    /// The token of a `token` event; nil for other events.
    public var token: Token? { if case .token(let token) = kind { token } else { nil } }

    /// The prompt's tokens of a `prompt` event; nil for other events.
    public var prompt: [Token]? { if case .prompt(let tokens) = kind { tokens } else { nil } }

    /// The text of a `reasoning` event; nil for other events.
    public var reasoning: String? { if case .reasoning(let text) = kind { text } else { nil } }

    /// The fragment of a `toolCall` event; nil for other events.
    public var toolCall: ToolCallFragment? { if case .toolCall(let fragment) = kind { fragment } else { nil } }

    /// The reason of a `finish` event; nil for other events.
    public var finishReason: FinishReason? { if case .finish(let reason) = kind { reason } else { nil } }

    /// Usage is accepted even after its choice has ended.
    var isUsage: Bool { if case .usage = kind { true } else { false } }
    /// Whether it has the number of the prompt's tokens.
    var reportsPrompt: Bool { if case .usage(.some, _, _, _) = kind { true } else { false } }

    private init(_ kind: Kind, choice: Int, tokenCount: Int = 0) {
        self.kind = kind
        self.tokenCount = tokenCount
        self.choice = choice
    }

    /// Text that follows the text so far.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - choice: The index of the choice, from 0 to `n` - 1.
    ///   - tokenCount: The number of tokens that the text stands for.
    public static func text(_ text: String, choice: Int = 0, tokenCount: Int = 1) -> StreamEvent {
        StreamEvent(.text(text), choice: choice, tokenCount: tokenCount)
    }

    /// A token. Its bytes may end in the middle of a character: the framework buffers incomplete characters.
    public static func token(_ token: Token, choice: Int = 0, tokenCount: Int = 1) -> StreamEvent {
        StreamEvent(.token(token), choice: choice, tokenCount: tokenCount)
    }

    /// Reasoning text that follows the reasoning so far. It is sent as `reasoning_content`, apart from the text.
    public static func reasoning(_ text: String, choice: Int = 0, tokenCount: Int = 1) -> StreamEvent {
        StreamEvent(.reasoning(text), choice: choice, tokenCount: tokenCount)
    }

    /// A fragment of a tool call.
    public static func toolCall(_ fragment: ToolCallFragment, choice: Int = 0, tokenCount: Int = 1) -> StreamEvent {
        StreamEvent(.toolCall(fragment), choice: choice, tokenCount: tokenCount)
    }

    /// The prompt's tokens, for a request with `echo`. Emit it once, before all other events; it applies to all
    /// choices.
    public static func prompt(_ tokens: [Token]) -> StreamEvent { StreamEvent(.prompt(tokens), choice: 0) }

    /// The backend's own token counts, which replace those of the framework; a nil count stays the framework's. It may
    /// be emitted repeatedly, until the backend returns; the last value of each count is used.
    public static func usage(
        promptTokens: Int? = nil, completionTokens: Int? = nil, cachedTokens: Int? = nil, reasoningTokens: Int? = nil
    ) -> StreamEvent {
        StreamEvent(
            .usage(
                promptTokens: promptTokens, completionTokens: completionTokens, cachedTokens: cachedTokens,
                reasoningTokens: reasoningTokens),
            choice: 0)
    }

    /// The end of a choice, for a reason other than the `stop` that returning means. Later events of the choice are
    /// ignored, except usage.
    public static func finish(_ reason: FinishReason, choice: Int = 0) -> StreamEvent {
        StreamEvent(.finish(reason), choice: choice)
    }
}

/// A fragment of a tool call, like an element of OpenAI's `delta.tool_calls`.
public struct ToolCallFragment: Sendable, Equatable {
    /// The index of the call within its choice, from 0.
    public var index: Int
    /// The call's id, in the first fragment of a call. If it is nil there, the framework generates one.
    public var id: String?
    /// The function's name, in the first fragment of a call.
    public var name: String?
    /// The next part of the arguments' JSON text.
    public var arguments: String

    public init(index: Int, id: String? = nil, name: String? = nil, arguments: String = "") {
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
