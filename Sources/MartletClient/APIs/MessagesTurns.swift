internal import MartletJSON
internal import MartletOpenAI

/// A conversation as the Messages API has it: instructions apart, and turns of user and assistant that alternate, whose
/// content is blocks. Results of tools belong to the user's turn, before its text.
struct MessagesTurns {
    private struct Turn {
        var role: String
        var blocks: [JSONObject]
    }

    private let sendsReasoning: Bool
    private var system: [JSONObject] = []
    private var turns: [Turn] = []

    /// - Parameter sendsReasoning: Whether earlier replies include their blocks of thinking.
    init(sendsReasoning: Bool) { self.sendsReasoning = sendsReasoning }

    /// The instructions: a string if they are one text. Nil if there are none.
    var systemValue: JSONValue? { system.isEmpty ? nil : Self.content(system) }

    /// The turns. The last one must not end with white space if it is the assistant's.
    var turnValues: [JSONValue] {
        turns.enumerated().map { place, turn in
            var blocks = turn.blocks
            if place == turns.count - 1, turn.role == "assistant", let last = blocks.last, last["type"] == "text" {
                var text = last["text"]?.string ?? ""
                while text.last?.isWhitespace == true { text.removeLast() }
                blocks[blocks.count - 1]["text"] = .string(text)
            }
            return ["role": .string(turn.role), "content": Self.content(blocks)]
        }
    }

    /// Adds a message. Instructions come before the conversation, wherever they were.
    ///
    /// - Throws: `ClientError` of reason `formatError` for a part that the API does not have.
    mutating func append(_ message: ChatMessage) throws(ClientError) {
        switch message.role {
        case .system, .developer: system += try blocks(of: message.content)
        case .tool:
            var result: JSONObject = [
                "type": "tool_result", "tool_use_id": .string(message.toolCallID ?? ""),
            ]
            let blocks = try blocks(of: message.content)
            if !blocks.isEmpty { result["content"] = Self.content(blocks) }
            add([result], as: "user")
        case .assistant: add(try assistantBlocks(of: message), as: "assistant")
        default: add(try blocks(of: message.content), as: message.role.rawValue)
        }
    }

    private mutating func add(_ blocks: [JSONObject], as role: String) {
        // The API refuses turns without content.
        if blocks.isEmpty { return }
        if let last = turns.last, last.role == role {
            turns[turns.count - 1].blocks += blocks
        } else {
            turns.append(Turn(role: role, blocks: blocks))
        }
    }

    private func assistantBlocks(of message: ChatMessage) throws(ClientError) -> [JSONObject] {
        let reasoning = sendsReasoning ? message.reasoningBlocks.filter { Self.isThinking($0) } : []
        var blocks = reasoning.filter { $0.callID == nil }.map(\.block)
        blocks += try self.blocks(of: message.content)
        for call in message.toolCalls {
            blocks += reasoning.filter { $0.callID == call.id }.map(\.block)
            // Arguments that are no object cannot be sent; the call's result says what was wrong with them.
            let input = (try? JSONValue(parsing: Array(call.arguments.utf8)))?.object ?? [:]
            blocks.append([
                "type": "tool_use", "id": .string(call.id), "name": .string(call.name), "input": .object(input),
            ])
        }
        return blocks
    }

    private static func isThinking(_ block: ReasoningBlock) -> Bool {
        ["thinking", "redacted_thinking"].contains(block.type)
    }

    /// One text is a string.
    private static func content(_ blocks: [JSONObject]) -> JSONValue {
        if blocks.count == 1, let block = blocks.first, block.count == 2, block["type"] == "text",
            let text = block["text"]
        {
            return text
        }
        return .array(blocks.map { .object($0) })
    }

    // MARK: Parts

    private func blocks(of parts: [ContentPart]) throws(ClientError) -> [JSONObject] {
        var blocks: [JSONObject] = []
        for part in parts {
            if let block = try block(of: part) { blocks.append(block) }
        }
        return blocks
    }

    /// Nil for an empty text, which the API refuses. Parts of the API's own kinds are sent as they are.
    private func block(of part: ContentPart) throws(ClientError) -> JSONObject? {
        switch part.kind {
        case .text: return part.text?.isEmpty == false ? part.json : nil
        case .refusal: return part.text.flatMap { $0.isEmpty ? nil : ["type": "text", "text": .string($0)] }
        case .imageURL:
            let url = part.json["image_url"]?.object?["url"]?.string ?? ""
            return ["type": "image", "source": try source(url, in: "an image")]
        case .file:
            let file = part.json["file"]?.object ?? [:]
            guard let data = file["file_data"]?.string else {
                throw ClientError(.formatError, "build request: a file needs `file_data` for the Messages API.")
            }
            var block: JSONObject = ["type": "document", "source": try source(data, in: "a file")]
            if let name = file["filename"] { block["title"] = name }
            return block
        case .inputAudio: throw .notInMessages("audio from the messages", "no audio")
        default: return part.json
        }
    }

    /// The source of a URL; a `data:` URL must be base64.
    private func source(_ url: String, in part: String) throws(ClientError) -> JSONValue {
        guard url.lowercased().hasPrefix("data:") else { return ["type": "url", "url": .string(url)] }
        let (header, data) = url.dropFirst("data:".count).splitOnce(at: ",")
        let (mediaType, parameters) = header.splitOnce(at: ";")
        guard !mediaType.isEmpty, parameters.lowercased().split(separator: ";").last == "base64" else {
            throw ClientError(
                .formatError, "build request: the `data:` URL of \(part) must have a media type and be base64.")
        }
        return ["type": "base64", "media_type": .string(String(mediaType)), "data": .string(String(data))]
    }
}

extension Substring {
    /// The texts before and after the first `separator`; the second is empty if there is none.
    fileprivate func splitOnce(at separator: Character) -> (Substring, Substring) {
        guard let place = firstIndex(of: separator) else { return (self, "") }
        return (self[..<place], self[index(after: place)...])
    }
}
