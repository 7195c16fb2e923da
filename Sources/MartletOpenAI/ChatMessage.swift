public import MartletJSON

/// One message of a conversation.
public struct ChatMessage: Sendable, Equatable {
    /// The author of the message.
    public var role: ChatRole
    /// The content; empty for an assistant message that only calls tools.
    public var content: [ContentPart]
    /// Distinguishes authors with the same role.
    public var name: String?
    /// The id of the call whose result a `tool` message contains.
    public var toolCallID: String?
    /// The calls of an assistant message.
    public var toolCalls: [ToolCall]
    /// The reasoning of an assistant message, if the client sends it back (`reasoning_content`).
    public var reasoning: String?
    /// The reasoning as the API needs it back: blocks with signatures, or items with encrypted content. Chat completions
    /// have none.
    public var reasoningBlocks: [ReasoningBlock] = []

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

    /// Creates a message with one text part.
    public init(role: ChatRole, text: String) {
        self.init(role: role, content: [.text(text)])
    }

    /// The text parts, joined without a separator.
    public var text: String {
        content.lazy.filter { $0.kind == .text }.compactMap(\.text).joined()
    }

    /// A system message with one text part.
    public static func system(_ text: String) -> ChatMessage { ChatMessage(role: .system, text: text) }
    /// A user message with one text part.
    public static func user(_ text: String) -> ChatMessage { ChatMessage(role: .user, text: text) }
    /// An assistant message with one text part.
    public static func assistant(_ text: String) -> ChatMessage { ChatMessage(role: .assistant, text: text) }
}

extension ChatMessage {
    /// The message as JSON of a request. Content of one text part is a string; the content of an assistant message that
    /// only calls tools is omitted.
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
        if !reasoningBlocks.isEmpty { object["reasoning_blocks"] = .array(reasoningBlocks.map { .object($0.json) }) }
        return object
    }

    /// Decodes a message without validating it: missing members are empty, and any role is accepted. For stored
    /// conversations and for replies. Nil if there is no role.
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
        reasoningBlocks = (json["reasoning_blocks"]?.array ?? []).compactMap {
            $0.object.flatMap(ReasoningBlock.init(json:))
        }
    }

    /// A tool message with the result of the call `callID`.
    public static func tool(_ text: String, answering callID: String) -> ChatMessage {
        ChatMessage(role: .tool, content: [.text(text)], toolCallID: callID)
    }
}

/// The author of a message.
public struct ChatRole: RawRepresentable, Sendable, Hashable {
    /// The value on the wire.
    public let rawValue: String

    /// Any value is accepted, not only those of the constants below.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Instructions from the developer of the application.
    public static let system = ChatRole(rawValue: "system")
    /// The newer name of `system`. A decoded request never contains it, because it is decoded as `system`.
    public static let developer = ChatRole(rawValue: "developer")
    /// The user of the application.
    public static let user = ChatRole(rawValue: "user")
    /// The model.
    public static let assistant = ChatRole(rawValue: "assistant")
    /// The result of a tool call.
    public static let tool = ChatRole(rawValue: "tool")
}
