internal import MartletJSON
internal import MartletOpenAI

/// A conversation as items of the Responses API: messages, reasoning, calls, and results of calls.
struct ResponsesInput {
    private let sendsReasoning: Bool
    private(set) var items: [JSONObject] = []
    /// Whether there is an item of reasoning.
    private(set) var hasReasoning = false

    /// - Parameter sendsReasoning: Whether earlier replies include their items of reasoning.
    init(sendsReasoning: Bool) { self.sendsReasoning = sendsReasoning }

    /// Adds the items of a message.
    ///
    /// - Throws: `ClientError` of reason `formatError` for a part that the API does not have.
    mutating func append(_ message: ChatMessage) throws(ClientError) {
        switch message.role {
        case .assistant: appendReply(message)
        case .tool:
            let output = try content(of: message.content)
            items.append([
                "type": "function_call_output", "call_id": .string(message.toolCallID ?? ""), "output": output,
            ])
        default:
            items.append([
                "type": "message", "role": .string(message.role.rawValue), "content": try content(of: message.content),
            ])
        }
    }

    private mutating func appendReply(_ message: ChatMessage) {
        let reasoning = sendsReasoning ? message.reasoningBlocks.compactMap(Self.item) : []
        hasReasoning = hasReasoning || !reasoning.isEmpty
        items += reasoning.filter { $0.callID == nil }.map(\.item)
        let text = message.content.filter { $0.kind == .text || $0.kind == .refusal }.compactMap(\.text).joined()
        if !text.isEmpty || message.toolCalls.isEmpty {
            items.append(["type": "message", "role": "assistant", "content": .string(text)])
        }
        for call in message.toolCalls {
            items += reasoning.filter { $0.callID == call.id }.map(\.item)
            items.append([
                "type": "function_call", "call_id": .string(call.id), "name": .string(call.name),
                "arguments": .string(call.arguments),
            ])
        }
    }

    /// An item with the members that a request may have. Nil without content: only a server that has stored the item
    /// knows it then.
    private static func item(_ block: ReasoningBlock) -> (callID: String?, item: JSONObject)? {
        guard block.type == "reasoning" else { return nil }
        guard block.block["encrypted_content"]?.string != nil || block.block["content"]?.array?.isEmpty == false
        else { return nil }
        var item: JSONObject = ["type": "reasoning"]
        for name in ["id", "summary", "content", "encrypted_content"] {
            if let value = block.block[name], !value.isNull { item[name] = value }
        }
        item["summary"] = item["summary"] ?? []
        return (block.callID, item)
    }

    // MARK: Parts

    /// One text is a string.
    private func content(of parts: [ContentPart]) throws(ClientError) -> JSONValue {
        if parts.count <= 1, parts.first?.kind ?? .text == .text { return .string(parts.first?.text ?? "") }
        var content: [JSONValue] = []
        for part in parts { content.append(.object(try self.part(part))) }
        return .array(content)
    }

    /// Parts of the API's own kinds are sent as they are.
    private func part(_ part: ContentPart) throws(ClientError) -> JSONObject {
        switch part.kind {
        case .text, .refusal: return ["type": "input_text", "text": .string(part.text ?? "")]
        case .imageURL:
            let image = part.json["image_url"]?.object ?? [:]
            return ["type": "input_image", "image_url": image["url"] ?? "", "detail": image["detail"] ?? "auto"]
        case .file:
            var file = part.json["file"]?.object ?? [:]
            file["type"] = "input_file"
            return file
        case .inputAudio: throw .notInResponses("audio from the messages", "no audio")
        default: return part.json
        }
    }
}
