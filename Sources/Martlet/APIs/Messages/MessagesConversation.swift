internal import MartletOpenAI

/// The system prompt and the messages of a request as those of a chat.
///
/// Messages of the same role in a row are one turn. The results of tools become messages of their own, before the rest of
/// their turn.
struct MessagesConversation {
    /// Messages of the same role in a row.
    private struct Turn {
        let role: ChatRole
        /// The content of its last message.
        var content: Field
        var blocks: [MessagesBlock]

        /// Adds the content of another message. Texts of two messages are two paragraphs.
        mutating func append(_ blocks: [MessagesBlock], of content: Field) {
            if case .part(let last)? = self.blocks.last, case .part(let first)? = blocks.first, last.kind == .text,
                first.kind == .text
            {
                self.blocks.append(.part(.text("\n\n")))
            }
            self.blocks += blocks
            self.content = content
        }
    }

    private(set) var messages: [ChatMessage] = []
    /// Whether the reply continues the last message, which is the assistant's.
    private(set) var isPrefilled = false
    /// The calls of the last assistant turn, until their results follow.
    private var openCalls: [(id: String, field: Field)] = []

    init(_ root: Field, capabilities: Capabilities) throws(OpenAIError) {
        if let system = try root.member("system").map(Self.system), !system.isEmpty {
            messages.append(ChatMessage(role: .system, content: system))
        }
        let turns = try Self.turns(root, capabilities: capabilities)
        for turn in turns {
            switch turn.role {
            case .assistant: try appendAssistant(turn)
            case .user: try appendUser(turn)
            default: messages.append(ChatMessage(role: .system, content: turn.blocks.parts))
            }
        }
        try checkAnswered()
        if let last = turns.last, last.role == .assistant { try settlePrefill(last) }
    }

    // MARK: System

    /// The texts of the system prompt, one paragraph each.
    private static func system(_ field: Field) throws(OpenAIError) -> [ContentPart] {
        let expectation = "a string or an array of text blocks"
        if let text = field.value.string { return text.isEmpty ? [] : [.text(text)] }
        var texts: [String] = []
        for block in try field.elements(expectation) {
            _ = try block.object()
            let type = try block.required("type", "\"text\"")
            if try type.string() != "text" { throw type.mustBe("\"text\"") }
            let text = try block.required("text", "the block's text").string()
            // Claude Code's first block identifies the request for Anthropic's accounting. It differs in every request, so
            // that no prefix of a prompt with it could be cached.
            if !text.isEmpty, !text.hasPrefix("x-anthropic-billing-header:") { texts.append(text) }
        }
        return texts.isEmpty ? [] : [.text(texts.joined(separator: "\n\n"))]
    }

    // MARK: Turns

    private static func turns(_ root: Field, capabilities: Capabilities) throws(OpenAIError) -> [Turn] {
        let field = try root.required("messages", "an array of at least one message")
        let elements = try field.elements("an array of messages")
        if elements.isEmpty { throw field.mustBe("an array of at least one message") }
        var turns: [Turn] = []
        for (index, message) in elements.enumerated() {
            let isLast = index == elements.count - 1
            let role = try role(of: message)
            let content = try message.required("content", "a string or an array of content blocks")
            let blocks = try MessagesBlock.decode(
                content, role: role, mayBeEmpty: isLast && role == .assistant, capabilities: capabilities)
            if turns.last?.role == role {
                turns[turns.count - 1].append(blocks, of: content)
            } else {
                turns.append(Turn(role: role, content: content, blocks: blocks))
            }
        }
        return turns
    }

    private static func role(of message: Field) throws(OpenAIError) -> ChatRole {
        _ = try message.object()
        let field = try message.required("role", "\"user\" or \"assistant\"")
        let role = ChatRole(rawValue: try field.string())
        switch role {
        case .user, .assistant, .system: return role
        default: throw field.mustBe("\"user\" or \"assistant\"")
        }
    }

    // MARK: Messages

    private mutating func appendAssistant(_ turn: Turn) throws(OpenAIError) {
        try checkAnswered()
        var message = ChatMessage(role: .assistant, content: turn.blocks.parts)
        var ids: Set<String> = []
        for case .call(let call, let id) in turn.blocks {
            guard ids.insert(call.id).inserted else {
                throw id.invalid("`\(id.path)` is the id of an earlier call of the same turn; each needs its own.")
            }
            message.toolCalls.append(call)
            openCalls.append((call.id, id))
        }
        let thoughts = turn.blocks.compactMap { if case .thinking(let text) = $0 { text } else { nil } }
        if !thoughts.isEmpty { message.reasoning = thoughts.joined(separator: "\n") }
        if message.content.isEmpty, message.toolCalls.isEmpty { message.content = [.text("")] }
        messages.append(message)
    }

    private mutating func appendUser(_ turn: Turn) throws(OpenAIError) {
        for case .result(let result, let id) in turn.blocks {
            guard let index = openCalls.firstIndex(where: { $0.id == result.toolCallID }) else {
                throw id.invalid(
                    "`\(id.path)` is \(Field.describe(id.value)), but the message before has no `tool_use` block with that "
                        + "id, or it has its result already.")
            }
            openCalls.remove(at: index)
            messages.append(result)
        }
        try checkAnswered()
        let parts = turn.blocks.parts
        let hasResults = turn.blocks.contains { if case .result = $0 { true } else { false } }
        if !parts.isEmpty || !hasResults { messages.append(ChatMessage(role: .user, content: parts)) }
    }

    private func checkAnswered() throws(OpenAIError) {
        guard let call = openCalls.first else { return }
        throw call.field.invalid(
            "`\(call.field.path)` is \(Field.describe(call.field.value)), but the next message has no `tool_result` block "
                + "for it; send one for each `tool_use` block.")
    }

    /// The assistant's last message is the beginning of the reply, if there is anything in it.
    private mutating func settlePrefill(_ turn: Turn) throws(OpenAIError) {
        guard let message = messages.last else { return }
        if message.text.isEmpty, message.reasoning == nil {
            messages.removeLast()
            if messages.isEmpty {
                throw turn.content.mustBe("the content of a user's message, since nothing precedes it")
            }
            return
        }
        if message.text.last?.isWhitespace == true {
            throw turn.content.invalid(
                "`\(turn.content.path)` ends with white space, after which the reply could not continue; remove it.")
        }
        isPrefilled = true
    }
}

extension [MessagesBlock] {
    fileprivate var parts: [ContentPart] { compactMap { if case .part(let part) = $0 { part } else { nil } } }
}
