public import MartletJSON

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

extension ChatMessage {
    /// The message as it stands in a request: the content is a string where it is one text, and is left out where an
    /// assistant only calls tools.
    public var json: JSONObject {
        var object: JSONObject = ["role": .string(role.rawValue)]
        if content.count == 1, content[0].kind == .text {
            object["content"] = .string(content[0].text ?? "")
        } else if !content.isEmpty {
            object["content"] = .array(content.map { .object($0.json) })
        } else if toolCalls.isEmpty {
            object["content"] = ""
        }
        if let name { object["name"] = .string(name) }
        if let toolCallID { object["tool_call_id"] = .string(toolCallID) }
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls.map { .object($0.json) }) }
        if let reasoning { object["reasoning_content"] = .string(reasoning) }
        return object
    }

    /// Reads a message without judging it: what is missing is empty, and a role of any name is one. For histories that
    /// a client has kept, and for replies. Nil if it has no role.
    public init?(json: JSONObject) {
        guard let role = json["role"]?.string else { return nil }
        self.init(role: ChatRole(rawValue: role), content: [], name: json["name"]?.string)
        switch json["content"] {
        case .string(let text): if !text.isEmpty { content = [.text(text)] }
        case .array(let parts): content = parts.compactMap { $0.object.map(ContentPart.init(json:)) }
        default: break
        }
        if let refusal = json["refusal"]?.string {
            content.append(ContentPart(json: ["type": "refusal", "refusal": .string(refusal)]))
        }
        toolCallID = json["tool_call_id"]?.string
        toolCalls = (json["tool_calls"]?.array ?? []).compactMap { $0.object.flatMap(ToolCall.init(json:)) }
        reasoning = json["reasoning_content"]?.string ?? json["reasoning"]?.string
    }

    /// The result of a call.
    public static func tool(_ text: String, answering callID: String) -> ChatMessage {
        ChatMessage(role: .tool, content: [.text(text)], toolCallID: callID)
    }
}

/// Who speaks in a message.
public struct ChatRole: RawRepresentable, Sendable, Hashable {
    /// The word on the wire.
    public let rawValue: String

    /// A role by its word; one that the constants do not name is a value too.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The instructions of whoever runs the application.
    public static let system = ChatRole(rawValue: "system")
    /// The newer name of `system`; a decoded request never has it, since `developer` is decoded as `system`.
    public static let developer = ChatRole(rawValue: "developer")
    /// The person who asks.
    public static let user = ChatRole(rawValue: "user")
    /// The model.
    public static let assistant = ChatRole(rawValue: "assistant")
    /// The result of a tool call.
    public static let tool = ChatRole(rawValue: "tool")
}
