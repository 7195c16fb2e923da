internal import MartletJSON
internal import MartletOpenAI

/// A content block of a message, as far as the model gets it.
enum MessagesBlock {
    case part(ContentPart)
    /// A call, and its id in the request.
    case call(ToolCall, Field)
    /// A message with the result of a call, and the call's id in the request.
    case result(ChatMessage, Field)
    case thinking(String)

    /// Decodes the content of a message: a string, or blocks.
    static func decode(
        _ content: Field, role: ChatRole, mayBeEmpty: Bool, capabilities: Capabilities
    ) throws(OpenAIError) -> [MessagesBlock] {
        if let text = content.value.string { return [.part(.text(text))] }
        let fields = try content.elements("a string or an array of content blocks")
        if fields.isEmpty, !mayBeEmpty { throw content.mustBe("a string or at least one content block") }
        var blocks: [MessagesBlock] = []
        for field in fields { blocks += try decode(block: field, role: role, capabilities: capabilities) }
        return blocks
    }

    private static func decode(
        block: Field, role: ChatRole, capabilities: Capabilities
    ) throws(OpenAIError) -> [MessagesBlock] {
        _ = try block.object()
        let type = try block.required("type", "\"text\"")
        let name = try type.string()
        switch (name, role) {
        case ("tool_use", .assistant): return [try call(block)]
        case ("thinking", .assistant):
            // The signature is not checked: a thought of another model can be continued too.
            let text = try block.required("thinking", "the thought").string()
            return text.isEmpty ? [] : [.thinking(text)]
        // Only the server that has encrypted it can read it.
        case ("redacted_thinking", .assistant): return []
        case ("tool_result", .user): return [try result(block, capabilities: capabilities)]
        case _ where isHosted(name): return []
        default: break
        }
        if let parts = try MessagesContent(capabilities: capabilities).parts(block, allowsMedia: role == .user) {
            return parts.map { .part($0) }
        }
        switch role {
        case .assistant: throw type.mustBe("\"text\", \"thinking\" or \"tool_use\" in a message of the assistant")
        case .user: throw type.mustBe("\"text\", \"image\", \"document\" or \"tool_result\" in a message of the user")
        default: throw type.mustBe("\"text\" in a message of the system")
        }
    }

    /// Whether a block is of a tool that Anthropic's servers ran, in a conversation that began there.
    private static func isHosted(_ type: String) -> Bool {
        ["server_tool_use", "mcp_tool_use", "container_upload"].contains(type) || type.hasSuffix("_tool_result")
    }

    private static func call(_ block: Field) throws(OpenAIError) -> MessagesBlock {
        let id = try block.required("id", "the call's id")
        let name = try block.required("name", "the tool's name").string()
        let input = try block.required("input", "the tool's input, an object")
        let call = ToolCall(
            id: try id.string(), name: name, arguments: JSONValue.object(try input.object()).description)
        return .call(call, id)
    }

    private static func result(_ block: Field, capabilities: Capabilities) throws(OpenAIError) -> MessagesBlock {
        let id = try block.required("tool_use_id", "the id of the call that this answers")
        var message = ChatMessage(role: .tool, content: [], toolCallID: try id.string())
        if let content = block.member("content") {
            message.content = try MessagesContent(capabilities: capabilities).result(content)
        }
        // A chat has no other place for it.
        if try block.member("is_error")?.bool() == true {
            message.content.insert(.text(message.content.isEmpty ? "Error" : "Error: "), at: 0)
        }
        if message.content.isEmpty { message.content = [.text("")] }
        return .result(message, id)
    }
}
