internal import MartletJSON
internal import MartletOpenAI

/// Reads the events of the Messages API, and complete messages.
struct MessagesDecoder: ReplyDecoder {
    static let endMark = "message_stop"
    static let contentName = "content"
    static let keepAliveEvent: String? = "ping"

    /// A block of thinking while it arrives.
    private var thinking: [Int: JSONObject] = [:]
    /// Later counts replace earlier ones.
    private var usage: JSONObject = [:]

    func isComplete(_ reply: ReplyRecord) -> Bool { reply.isEnded }
    func isOver(_ reply: ReplyRecord) -> Bool { reply.isEnded }

    mutating func read(_ value: JSONObject, into reply: inout ReplyRecord) {
        let index = value["index"]?.number?.int ?? 0
        switch value["type"]?.string {
        case "message_start": start(value["message"]?.object ?? [:], &reply)
        case "content_block_start": begin(value["content_block"]?.object ?? [:], at: index, &reply)
        case "content_block_delta": extend(value["delta"]?.object ?? [:], at: index, &reply)
        case "content_block_stop": end(at: index, &reply)
        case "message_delta":
            finish(value["delta"]?.object ?? [:], &reply)
            read(usage: value["usage"], &reply)
        case "message_stop": reply.isEnded = true
        case "message": readComplete(value, &reply)
        case Self.keepAliveEvent: reply.isIgnored = true
        default: break
        }
    }

    private mutating func readComplete(_ message: JSONObject, _ reply: inout ReplyRecord) {
        guard let blocks = message["content"]?.array else { return }
        start(message, &reply)
        for (index, block) in blocks.enumerated() {
            begin(block.object ?? [:], at: index, &reply)
            end(at: index, &reply)
        }
        finish(message, &reply)
        reply.isEnded = true
    }

    private mutating func start(_ message: JSONObject, _ reply: inout ReplyRecord) {
        reply.reply.id = message["id"]?.string ?? ""
        reply.reply.model = message["model"]?.string ?? ""
        if reply.keepsReply { reply.reply.json = message }
        let role = message["role"]?.string.map(ChatRole.init(rawValue:))
        reply.record { choice in
            choice.role = role
            return []
        }
        read(usage: message["usage"], &reply)
    }

    // MARK: Blocks

    private mutating func begin(_ block: JSONObject, at index: Int, _ reply: inout ReplyRecord) {
        switch block["type"]?.string {
        case "text": reply.record { $0.add(text: block["text"]?.string ?? "") }
        case "thinking":
            thinking[index] = block
            reply.record { $0.add(reasoning: block["thinking"]?.string ?? "") }
        case "redacted_thinking": thinking[index] = block
        case "tool_use":
            // The arguments of a stream follow in pieces, after an empty object.
            let input = block["input"]?.object.flatMap { $0.isEmpty ? nil : JSONValue.object($0).description }
            let fragment = ToolCallAccumulator.Fragment(
                id: block["id"]?.string, index: index, name: block["name"]?.string ?? "", arguments: input ?? "")
            reply.record { $0.add([fragment]) }
        default: break
        }
    }

    private mutating func extend(_ delta: JSONObject, at index: Int, _ reply: inout ReplyRecord) {
        switch delta["type"]?.string {
        case "text_delta": reply.record { $0.add(text: delta["text"]?.string ?? "") }
        case "thinking_delta":
            let text = delta["thinking"]?.string ?? ""
            append(text, to: "thinking", at: index, reply)
            reply.record { $0.add(reasoning: text) }
        case "signature_delta": append(delta["signature"]?.string ?? "", to: "signature", at: index, reply)
        case "input_json_delta":
            guard let json = delta["partial_json"]?.string, !json.isEmpty else { break }
            reply.record { $0.add([ToolCallAccumulator.Fragment(index: index, arguments: json)]) }
        default: break
        }
    }

    private mutating func append(_ text: String, to name: String, at index: Int, _ reply: ReplyRecord) {
        guard reply.keepsReply, var block = thinking.removeValue(forKey: index) else { return }
        // Taken out first, so that the text grows in place.
        var whole = block.take(name)?.string ?? ""
        whole += text
        block[name] = .string(whole)
        thinking[index] = block
    }

    private mutating func end(at index: Int, _ reply: inout ReplyRecord) {
        guard let block = thinking.removeValue(forKey: index) else { return }
        reply.record { choice in
            choice.add(block: block)
            return []
        }
    }

    // MARK: The end

    private func finish(_ delta: JSONObject, _ reply: inout ReplyRecord) {
        let reason = delta["stop_reason"]?.string.map(FinishReason.init(stopReason:))
        reply.record { choice in
            for name in ["stop_reason", "stop_sequence"] where choice.keepsReply {
                if let value = delta[name], !value.isNull { choice.json[name] = value }
            }
            return reason.map { choice.finish($0) } ?? []
        }
        guard reply.keepsReply else { return }
        for (name, value) in delta where !value.isNull { reply.reply.json[name] = value }
    }

    private mutating func read(usage value: JSONValue?, _ reply: inout ReplyRecord) {
        guard let counts = value?.object else { return }
        for (name, count) in counts where !count.isNull { usage[name] = count }
        if reply.keepsReply { reply.reply.json["usage"] = .object(usage) }
        reply.record(Usage(messages: usage))
    }
}
