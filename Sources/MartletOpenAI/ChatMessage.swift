/// One message of a conversation.
public struct ChatMessage: Sendable, Equatable {
    /// Who speaks.
    public var role: ChatRole
    /// What is said; empty for an assistant that only calls tools.
    public var content: [ContentPart]
    /// Tells speakers of one role apart.
    public var name: String?
    /// The call that a `tool` message answers.
    public var toolCallID: String?
    /// The calls an assistant made.
    public var toolCalls: [ToolCall]
    /// What an assistant thought before it spoke, where the client sends that back (`reasoning_content`).
    public var reasoning: String?

    /// A message of any content.
    public init(
        role: ChatRole, content: [ContentPart], name: String? = nil, toolCallID: String? = nil,
        toolCalls: [ToolCall] = []
    ) {
        self.role = role
        self.content = content
        self.name = name
        self.toolCallID = toolCallID
        self.toolCalls = toolCalls
    }

    /// A message of one text.
    public init(role: ChatRole, text: String) {
        self.init(role: role, content: [.text(text)])
    }

    /// The text parts, joined without anything between them.
    public var text: String {
        content.lazy.filter { $0.kind == .text }.compactMap(\.text).joined()
    }

    /// A message of the system.
    public static func system(_ text: String) -> ChatMessage { ChatMessage(role: .system, text: text) }
    /// A message of the user.
    public static func user(_ text: String) -> ChatMessage { ChatMessage(role: .user, text: text) }
    /// A message of the assistant.
    public static func assistant(_ text: String) -> ChatMessage { ChatMessage(role: .assistant, text: text) }
}
