import MartletJSON

extension ChatMessage {
    init(_ message: Field, capabilities: Capabilities) throws(OpenAIError) {
        _ = try message.object()
        let role = try Self.role(message)
        self.init(
            role: role,
            content: try Self.content(message, role: role, capabilities: capabilities),
            name: try message.member("name")?.string(),
            toolCallID: try message.member("tool_call_id")?.string(),
            toolCalls: try Self.toolCalls(message))
        reasoning = try (message.member("reasoning_content") ?? message.member("reasoning"))?.string()
        if role == .tool { _ = try message.required("tool_call_id", "the id of the call that this answers") }
        for name in ["function_call", "audio"] {
            guard let field = message.member(name) else { continue }
            throw .unsupportedParameter(field.path, "`\(field.path)` is not supported; leave it out.")
        }
    }

    private static func role(_ message: Field) throws(OpenAIError) -> ChatRole {
        let field = try message.required("role", "\"system\", \"user\", \"assistant\" or \"tool\"")
        let role = ChatRole(rawValue: try field.string())
        switch role {
        case .developer: return .system
        case .system, .user, .assistant, .tool: return role
        case ChatRole(rawValue: "function"):
            throw .invalidValue(
                field.path,
                "`\(field.path)` is \"function\", which is deprecated and not supported; use \"tool\" with a "
                    + "`tool_call_id`.")
        default: throw field.mustBe("\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"")
        }
    }

    private static func content(
        _ message: Field, role: ChatRole, capabilities: Capabilities
    ) throws(OpenAIError) -> [ContentPart] {
        if role == .assistant, message.member("content") == nil { return [] }
        let field = try message.required("content", "a string or an array of content parts")
        if let text = field.value.string { return [.text(text)] }
        let elements = try field.elements("a string or an array of content parts")
        if elements.isEmpty, role != .assistant { throw field.mustBe("a string or at least one content part") }
        var parts: [ContentPart] = []
        for element in elements { parts.append(try ContentPart(element, role: role, capabilities: capabilities)) }
        return parts
    }

    private static func toolCalls(_ message: Field) throws(OpenAIError) -> [ToolCall] {
        guard let field = message.member("tool_calls") else { return [] }
        var calls: [ToolCall] = []
        for call in try field.elements("an array of tool calls") {
            _ = try call.object()
            if let type = call.member("type"), try type.string() != "function" { throw type.mustBe("\"function\"") }
            let function = try call.required("function", "the call's name and arguments")
            _ = try function.object()
            calls.append(
                ToolCall(
                    id: try call.required("id", "the call's id").string(),
                    name: try function.required("name", "the function's name").string(),
                    arguments: try function.required("arguments", "the arguments as JSON text").string()))
        }
        return calls
    }
}
