public import Martlet

/// A model's conversation format: writes a request as a prompt that ends where the reply begins.
///
/// What a template writes is text or markup. Only markup is searched for the spellings of special tokens, so that no
/// message can end itself and continue in another role.
public struct ChatTemplate: Sendable {
    /// A message as a template writes it.
    public struct Message: Sendable, Hashable {
        /// The name of the role, such as `user`.
        public var role: String
        /// The text of the message.
        public var content: String

        /// A message of any role.
        public init(role: String, content: String) {
            self.role = role
            self.content = content
        }
    }

    /// A part of a prompt.
    public struct Piece: Sendable, Hashable {
        let text: String
        let isMarkup: Bool

        /// Text in which special tokens are not recognized: roles and contents of messages.
        public static func text(_ text: String) -> Piece { Piece(text: text, isMarkup: false) }

        /// Text of the template itself, in which the spelling of a special token becomes that token.
        public static func markup(_ text: String) -> Piece { Piece(text: text, isMarkup: true) }
    }

    /// Whether prompts contain the request's `tools`. Without it, and without delimiters of tool calls, an engine refuses
    /// requests with tools.
    public let rendersTools: Bool
    /// Strings that end a reply of a model that has no end token, such as the beginning of the next message.
    public let stopStrings: [String]
    private let pieces: @Sendable (ChatRequest) throws -> [Piece]
    private let thinks: @Sendable (ChatRequest) -> Bool

    /// A template for any format.
    ///
    /// - Parameters:
    ///   - thinks: whether the reply to a request may begin with a thought. It matters where the request constrains the reply:
    ///     a model that is not asked for a thought then writes none.
    ///   - pieces: writes the prompt. It follows `continuesFinalMessage` and `addsGenerationPrompt`, and writes the tools if
    ///     `rendersTools`, unless `toolChoice` is `.none`.
    public init(
        rendersTools: Bool = false, stopStrings: [String] = [],
        thinks: @escaping @Sendable (ChatRequest) -> Bool = { _ in true },
        pieces: @escaping @Sendable (ChatRequest) throws -> [Piece]
    ) {
        self.rendersTools = rendersTools
        self.stopStrings = stopStrings
        self.thinks = thinks
        self.pieces = pieces
    }

    /// Whether the reply to a request may begin with a thought, of a model that writes thoughts.
    func asksForThought(_ request: ChatRequest) -> Bool { !request.continuesFinalMessage && thinks(request) }

    /// The prompt of a request. Neighbouring pieces of one kind are joined, since tokens may span them.
    public func render(_ request: ChatRequest) throws -> [Piece] {
        var joined: [Piece] = []
        for piece in try pieces(request) {
            if let last = joined.last, last.isMarkup == piece.isMarkup {
                joined[joined.count - 1] = Piece(text: last.text + piece.text, isMarkup: piece.isMarkup)
            } else {
                joined.append(piece)
            }
        }
        return joined
    }

    // MARK: Formats

    /// `Role: content` line by line, for models without a chat format.
    public static let transcript = ChatTemplate(stopStrings: ["\nUser:", "\nSystem:", "\nTool:"]) { request in
        let messages = messages(of: request)
        var text = ""
        for (index, message) in messages.enumerated() {
            text += "\(message.role.prefix(1).uppercased())\(message.role.dropFirst()): \(message.content)"
            if request.continuesFinalMessage && index == messages.count - 1 { return [.text(text)] }
            text += "\n"
        }
        return [.text(text + (request.addsGenerationPrompt ? "Assistant:" : ""))]
    }

    /// `<|im_start|>role\ncontent<|im_end|>\n` for each message.
    ///
    /// - Parameters:
    ///   - rendersTools: whether `messages` includes the request's tools.
    ///   - thinks: whether the reply to a request may begin with a thought.
    ///   - messages: the messages to write, by default those of the request.
    public static func chatML(
        rendersTools: Bool = false, thinks: @escaping @Sendable (ChatRequest) -> Bool = { _ in true },
        messages: @escaping @Sendable (ChatRequest) -> [Message] = { ChatTemplate.messages(of: $0) }
    ) -> ChatTemplate {
        ChatTemplate(rendersTools: rendersTools, thinks: thinks) { request in
            let messages = messages(request)
            var pieces: [Piece] = []
            for (index, message) in messages.enumerated() {
                pieces += [.markup("<|im_start|>"), .text("\(message.role)\n\(message.content)")]
                if request.continuesFinalMessage && index == messages.count - 1 { return pieces }
                pieces += [.markup("<|im_end|>"), .text("\n")]
            }
            return request.addsGenerationPrompt
                ? pieces + [.markup("<|im_start|>"), .text("assistant\n")] : pieces
        }
    }

    /// The messages of a request. Tool calls follow a message's text as `<tool_call>{"name": ..., "arguments": ...}</tool_call>`.
    public static func messages(of request: ChatRequest) -> [Message] {
        request.messages.map { message in
            var content = message.text
            for call in message.toolCalls {
                let name = JSONValue.string(call.name).description
                content += "<tool_call>{\"name\": \(name), \"arguments\": \(call.arguments)}</tool_call>"
            }
            return Message(role: message.role.rawValue, content: content)
        }
    }
}

extension LanguageModel {
    /// The tokens of a request's prompt.
    func encodePrompt(_ request: ChatRequest) throws -> [Int] {
        try chatTemplate.render(request).flatMap { encode($0.text, parsesSpecialTokens: $0.isMarkup) }
    }

    /// Whether a request's tools reach the model, and its calls are found in what it writes.
    var callsTools: Bool { chatTemplate.rendersTools && toolCallDelimiters != nil }
}
