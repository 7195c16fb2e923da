internal import MartletJSON
internal import MartletOpenAI

/// The messages that the `input` of a request stands for.
///
/// Items of the assistant that follow one another, thoughts, text and calls, become one message, since that is what the model
/// wrote in one turn; a text after a text begins another. Items of tools that the server would have to run are left out.
struct ResponseInput {
    private(set) var messages: [ChatMessage] = []
    /// The assistant's message that further items may continue.
    private var turn: ChatMessage?
    /// A thought that belongs to the next item of the assistant.
    private var thought: String?
    private let capabilities: Capabilities
    private let storage: ResponseStorage?

    /// - Parameter storage: The items of the conversation before, and those that the input may refer to.
    init(_ root: Field, storage: ResponseStorage?, capabilities: Capabilities) throws(OpenAIError) {
        (self.capabilities, self.storage) = (capabilities, storage)
        let expectation = "a text or an array of at least one item"
        let field = try root.required("input", expectation)
        for item in storage?.earlier ?? [] { try add(Field("previous_response_id", item)) }
        if let text = field.value.string {
            endTurn()
            messages.append(.user(text))
            return
        }
        for item in try field.elements(expectation) { try add(item) }
        endTurn()
        if messages.isEmpty { throw field.mustBe("\(expectation) that the model can read") }
    }

    // MARK: Items

    private static let types =
        "\"message\", \"function_call\", \"function_call_output\", \"custom_tool_call\", \"custom_tool_call_output\" or "
        + "\"reasoning\""

    /// Items of tools that this server does not run, and of services that it does not have.
    private static let ignored: Set<String> = [
        "additional_tools", "apply_patch_call", "apply_patch_call_output", "code_interpreter_call", "compaction",
        "compaction_trigger", "computer_call", "computer_call_output", "file_search_call", "image_generation_call",
        "local_shell_call", "local_shell_call_output", "mcp_approval_request", "mcp_approval_response", "mcp_call",
        "mcp_list_tools", "program", "program_output", "shell_call", "shell_call_output", "tool_search_call",
        "tool_search_output", "web_search_call",
    ]

    private mutating func add(_ item: Field) throws(OpenAIError) {
        _ = try item.object()
        guard let type = item.member("type") else {
            if item.member("role") != nil { return try addMessage(item) }
            if let id = item.member("id") { return try addReference(id) }
            _ = try item.required("type", Self.types)
            return
        }
        switch try type.string() {
        case "message": try addMessage(item)
        case "function_call":
            try addCall(item, arguments: item.required("arguments", "the arguments as JSON text").string())
        case "custom_tool_call":
            let input = try item.required("input", "the call's input").string()
            try addCall(item, arguments: JSONValue.object(["input": .string(input)]).description)
        case "function_call_output", "custom_tool_call_output": try addResult(item)
        case "reasoning": thought = Self.joined(thought, try ResponseReasoning.thought(of: item))
        case "item_reference": try addReference(item.required("id", "the item's id"))
        case let other where Self.ignored.contains(other): break
        default: throw type.mustBe(Self.types)
        }
    }

    private mutating func addReference(_ id: Field) throws(OpenAIError) {
        let text = try id.string()
        if let item = storage?.item(text) { return try add(Field(id.path, item)) }
        let name = text.utf8.count <= 256 ? "Item with id '\(text)'" : "The item"
        let reason = storage == nil ? "this server stores no items" : "stored items are dropped after some time"
        throw OpenAIError(
            status: 404, message: "\(name) not found: \(reason). Send the item itself instead.", param: id.path,
            code: "item_not_found")
    }

    // MARK: Messages

    private mutating func addMessage(_ item: Field) throws(OpenAIError) {
        let field = try item.required("role", "\"system\", \"developer\", \"user\" or \"assistant\"")
        let role: ChatRole
        switch try field.string() {
        case "system", "developer": role = .system
        case "user": role = .user
        case "assistant": role = .assistant
        default: throw field.mustBe("\"system\", \"developer\", \"user\" or \"assistant\"")
        }
        let content = try parts(of: item.required("content", "a text or an array of parts"), role: role)
        guard role == .assistant else {
            endTurn()
            return messages.append(ChatMessage(role: role, content: content))
        }
        if let turn, !turn.content.isEmpty, turn.toolCalls.isEmpty { endText() }
        continueTurn { $0.content += content }
    }

    private func parts(of field: Field, role: ChatRole) throws(OpenAIError) -> [ContentPart] {
        if let text = field.value.string { return [.text(text)] }
        var parts: [ContentPart] = []
        for part in try field.elements("a text or an array of parts") {
            parts.append(try ContentPart(responsePart: part, role: role, capabilities: capabilities))
        }
        if parts.isEmpty, role != .assistant { throw field.mustBe("a text or an array of at least one part") }
        return parts
    }

    // MARK: Calls

    private mutating func addCall(_ item: Field, arguments: String) throws(OpenAIError) {
        let call = ToolCall(
            id: try item.required("call_id", "the call's id").string(),
            name: try item.required("name", "the tool's name").string(), arguments: arguments)
        continueTurn { $0.toolCalls.append(call) }
    }

    private mutating func addResult(_ item: Field) throws(OpenAIError) {
        let callID = try item.required("call_id", "the id of the call that this item answers").string()
        let content = try parts(of: item.required("output", "a text or an array of parts"), role: .tool)
        endTurn()
        messages.append(ChatMessage(role: .tool, content: content, toolCallID: callID))
    }

    // MARK: Turns

    private mutating func continueTurn(_ change: (inout ChatMessage) -> Void) {
        var message = turn ?? ChatMessage(role: .assistant, content: [])
        if let thought { message.reasoning = Self.joined(message.reasoning, thought) }
        thought = nil
        change(&message)
        turn = message
    }

    /// Ends the assistant's message, before another of the same turn.
    private mutating func endText() {
        if let turn { messages.append(turn) }
        turn = nil
    }

    private mutating func endTurn() {
        if thought != nil { continueTurn { _ in } }
        endText()
    }

    private static func joined(_ first: String?, _ second: String) -> String {
        first.map { $0 + "\n\n" + second } ?? second
    }
}

extension ContentPart {
    /// Decodes a part of a message or of a tool's result.
    fileprivate init(responsePart part: Field, role: ChatRole, capabilities: Capabilities) throws(OpenAIError) {
        _ = try part.object()
        let type = try part.required("type", "\"input_text\"")
        switch try type.string() {
        case "input_text", "output_text", "text": self = .text(try part.required("text", "the part's text").string())
        case "refusal" where role == .assistant:
            self = .refusal(try part.required("refusal", "the part's text").string())
        case "input_image" where role != .assistant: self = try Self.image(part, type, capabilities)
        case "input_file" where role != .assistant: self = try Self.file(part, type, capabilities)
        default:
            throw type.mustBe(
                role == .assistant
                    ? "\"output_text\" or \"refusal\"" : "\"input_text\", \"input_image\" or \"input_file\"")
        }
    }

    private static func image(
        _ part: Field, _ type: Field, _ capabilities: Capabilities
    ) throws(OpenAIError) -> ContentPart {
        guard capabilities.contains(.images) else {
            throw type.unsupported("This model does not take parts of type \"input_image\"; send text.")
        }
        let detail = try part.member("detail")?.string()
        if part.member("image_url") == nil, let id = part.member("file_id") {
            throw id.unsupported("`\(id.path)` is not supported, since this server stores no files: send `image_url`.")
        }
        return .image(url: try part.required("image_url", "the image's URL").string(), detail: detail)
    }

    private static func file(
        _ part: Field, _ type: Field, _ capabilities: Capabilities
    ) throws(OpenAIError) -> ContentPart {
        guard capabilities.contains(.files) else {
            throw type.unsupported("This model does not take parts of type \"input_file\"; send text.")
        }
        if let url = part.member("file_url") {
            throw url.unsupported("`\(url.path)` is not supported: send the file's content as `file_data`.")
        }
        var file: JSONObject = [:]
        for name in ["file_data", "file_id", "filename"] {
            if let text = try part.member(name)?.string() { file[name] = .string(text) }
        }
        if file["file_id"] == nil { _ = try part.required("file_data", "the file's content as a `data:` URL") }
        return ContentPart(kind: .file, json: ["type": "file", "file": .object(file)])
    }
}
