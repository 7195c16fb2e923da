internal import MartletJSON
internal import MartletOpenAI

extension ChatMessage {
    init(_ message: Field, capabilities: Capabilities) throws(OpenAIError) {
        _ = try message.object()
        let role = try Self.role(message)
        if let field = message.member("function_call") ?? message.member("audio") {
            throw field.unsupported("`\(field.path)` is not supported; leave it out.")
        }
        self.init(role: role, content: [], name: try message.member("name")?.string())
        toolCallID = try Self.toolCallID(message, role: role)
        toolCalls = try Self.toolCalls(message, role: role)
        if role == .assistant {
            reasoning = try (message.member("reasoning_content") ?? message.member("reasoning"))?.string()
        }
        content = try content(of: message, capabilities: capabilities)
    }

    private static func role(_ message: Field) throws(OpenAIError) -> ChatRole {
        let field = try message.required("role", "\"system\", \"user\", \"assistant\" or \"tool\"")
        let role = ChatRole(rawValue: try field.string())
        switch role {
        case .developer: return .system
        case .system, .user, .assistant, .tool: return role
        case ChatRole(rawValue: "function"):
            throw field.invalid(
                "`\(field.path)` is \"function\", which is deprecated and not supported; use \"tool\" with a "
                    + "`tool_call_id`.")
        default: throw field.mustBe("\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"")
        }
    }

    private static func toolCallID(_ message: Field, role: ChatRole) throws(OpenAIError) -> String? {
        guard role == .tool else { return try message.member("tool_call_id")?.string() }
        return try message.required("tool_call_id", "the id of the call that this message answers").string()
    }

    private static func toolCalls(_ message: Field, role: ChatRole) throws(OpenAIError) -> [ToolCall] {
        guard let field = message.member("tool_calls") else { return [] }
        var calls: [ToolCall] = []
        for call in try field.elements("an array of tool calls") { calls.append(try ToolCall(call)) }
        if !calls.isEmpty, role != .assistant {
            throw field.invalid("`\(field.path)` belongs in an assistant's message; leave it out.")
        }
        return calls
    }

    /// Content is required, except for an assistant message with tool calls, reasoning or a refusal.
    private func content(of message: Field, capabilities: Capabilities) throws(OpenAIError) -> [ContentPart] {
        var parts: [ContentPart] = []
        let refusal = role == .assistant ? try message.member("refusal")?.string() : nil
        let isOptional = !toolCalls.isEmpty || reasoning != nil || refusal != nil
        if !isOptional || message.member("content") != nil {
            let field = try message.required("content", "a string or an array of content parts")
            if let text = field.value.string {
                parts.append(.text(text))
            } else {
                for part in try field.elements("a string or an array of content parts") {
                    parts.append(try ContentPart(part, role: role, capabilities: capabilities))
                }
                if parts.isEmpty, !isOptional { throw field.mustBe("a string or at least one content part") }
            }
        }
        if let refusal { parts.append(.refusal(refusal)) }
        return parts
    }
}

extension ContentPart {
    init(_ part: Field, role: ChatRole, capabilities: Capabilities) throws(OpenAIError) {
        let json = try part.object()
        let type = try part.required("type", "\"text\"")
        let kind = Kind(rawValue: try type.string())
        switch kind {
        case .text:
            self.init(kind: kind, text: try part.required("text", "the part's text").string(), json: json)
        case .refusal where role == .assistant:
            self.init(kind: kind, text: try part.required("refusal", "the part's text").string(), json: json)
        case .imageURL where capabilities.contains(.images), .inputAudio where capabilities.contains(.audio),
            .file where capabilities.contains(.files):
            try Self.checkPayload(of: part, kind)
            self.init(kind: kind, json: json)
        case .imageURL, .inputAudio, .file:
            throw type.unsupported("This model does not take content parts of type \"\(kind.rawValue)\"; send text.")
        default:
            throw type.mustBe(role == .assistant ? "\"text\" or \"refusal\"" : "\"text\"")
        }
    }

    /// Checks that the part has a payload. Its content is not validated; that is up to the backend.
    private static func checkPayload(of part: Field, _ kind: Kind) throws(OpenAIError) {
        let payload = try part.required(kind.rawValue, "what the part holds")
        _ = try payload.object()
        switch kind {
        case .imageURL: _ = try payload.required("url", "the image's URL").string()
        case .inputAudio:
            _ = try payload.required("data", "the sound in base64").string()
            _ = try payload.required("format", "the format of the sound").string()
        default: break
        }
    }
}
