internal import MartletJSON
internal import MartletOpenAI

/// Reads the events of the Responses API, and complete responses.
struct ResponsesDecoder: ReplyDecoder {
    static let endMark = "response.completed"
    static let contentName = "output"

    /// An item while it arrives.
    private struct Item {
        /// Whether pieces of its content have arrived, so that the complete content adds nothing.
        var hasContent = false
        /// Whether its call has begun.
        var hasCall = false
        /// The kind of event, and the number of the part, that its latest piece of reasoning is from.
        var reasoning: (kind: String, part: Int)?
        var isComplete = false
    }

    /// By their position in the output.
    private var items: [Int: Item] = [:]

    func isComplete(_ reply: ReplyRecord) -> Bool { reply.isEnded }
    func isOver(_ reply: ReplyRecord) -> Bool { reply.isEnded }

    func failure(in value: JSONObject) -> JSONValue? {
        let response = value["object"] == "response" ? value : value["response"]?.object
        guard value["type"] == "response.failed" || response?["status"] == "failed" else { return nil }
        if let error = response?["error"], !error.isNull { return error }
        return "The response failed, and the server did not say why."
    }

    mutating func read(_ value: JSONObject, into reply: inout ReplyRecord) {
        let index = value["output_index"]?.number?.int ?? 0
        switch value["type"]?.string {
        case "response.created", "response.in_progress": readEnvelope(value["response"]?.object ?? [:], &reply)
        case "response.output_item.added": begin(value["item"]?.object ?? [:], at: index, &reply)
        case "response.output_text.delta":
            items[index, default: Item()].hasContent = true
            reply.record { $0.add(text: value["delta"]?.string ?? "") + $0.add(tokens: value["logprobs"]) }
        case "response.refusal.delta":
            items[index, default: Item()].hasContent = true
            reply.record { $0.add(refusal: value["delta"]?.string ?? "") }
        case "response.reasoning_text.delta": readReasoning(value, part: "content_index", at: index, &reply)
        case "response.reasoning_summary_text.delta": readReasoning(value, part: "summary_index", at: index, &reply)
        case "response.function_call_arguments.delta":
            items[index, default: Item()].hasContent = true
            reply.record { $0.add([.init(index: index, arguments: value["delta"]?.string ?? "")]) }
        case "response.output_item.done": complete(value["item"]?.object ?? [:], at: index, &reply)
        case "response.completed", "response.incomplete": end(value["response"]?.object ?? [:], &reply)
        case nil where value["output"]?.array != nil: end(value, &reply)
        default: break
        }
    }

    private func readEnvelope(_ response: JSONObject, _ reply: inout ReplyRecord) {
        if let id = response["id"]?.string, !id.isEmpty { reply.reply.id = id }
        if let model = response["model"]?.string, !model.isEmpty { reply.reply.model = model }
        if let created = response["created_at"]?.number?.double {
            reply.reply.created = Int(exactly: created.rounded())
        }
        if reply.keepsReply { reply.reply.json = response }
        reply.record { choice in
            choice.role = .assistant
            return []
        }
    }

    // MARK: Items

    private mutating func begin(_ item: JSONObject, at index: Int, _ reply: inout ReplyRecord) {
        guard item["type"] == "function_call", items[index]?.hasCall != true else { return }
        items[index, default: Item()].hasCall = true
        let fragment = ToolCallAccumulator.Fragment(
            id: item["call_id"]?.string, index: index, name: item["name"]?.string ?? "")
        reply.record { $0.add([fragment]) }
    }

    /// The parts of a summary are paragraphs. A server that sends the reasoning and its summary is read once.
    private mutating func readReasoning(
        _ event: JSONObject, part: String, at index: Int, _ reply: inout ReplyRecord
    ) {
        let number = event[part]?.number?.int ?? 0
        let latest = items[index]?.reasoning
        if let latest, latest.kind != part { return }
        items[index, default: Item()].hasContent = true
        items[index]?.reasoning = (part, number)
        let separator = latest.map { $0.part == number ? "" : "\n\n" } ?? ""
        reply.record { $0.add(reasoning: separator + (event["delta"]?.string ?? "")) }
    }

    /// Adds what has not arrived of an item.
    private mutating func complete(_ item: JSONObject, at index: Int, _ reply: inout ReplyRecord) {
        if items[index]?.isComplete == true { return }
        begin(item, at: index, &reply)
        let isNew = items[index]?.hasContent != true
        items[index, default: Item()].isComplete = true
        switch item["type"]?.string {
        case "message" where isNew:
            for part in (item["content"]?.array ?? []).compactMap(\.object) {
                reply.record { choice in
                    part["type"] == "refusal"
                        ? choice.add(refusal: part["refusal"]?.string ?? "")
                        : choice.add(text: part["text"]?.string ?? "") + choice.add(tokens: part["logprobs"])
                }
            }
        case "function_call" where isNew:
            reply.record { $0.add([.init(index: index, arguments: item["arguments"]?.string ?? "")]) }
        case "reasoning":
            reply.record { choice in
                defer { choice.add(block: item) }
                return isNew ? choice.add(reasoning: Self.reasoning(of: item)) : []
            }
        default: break
        }
    }

    private static func reasoning(of item: JSONObject) -> String {
        let content = item["content"]?.array ?? []
        let parts = content.isEmpty ? item["summary"]?.array ?? [] : content
        return parts.compactMap { $0.object?["text"]?.string }.joined(separator: "\n\n")
    }

    // MARK: The end

    private mutating func end(_ response: JSONObject, _ reply: inout ReplyRecord) {
        readEnvelope(response, &reply)
        let output = (response["output"]?.array ?? []).map { $0.object ?? [:] }
        for (index, item) in output.enumerated() { complete(item, at: index, &reply) }
        let calls = output.contains { $0["type"] == "function_call" } || items.values.contains(where: \.hasCall)
        let reason = FinishReason(response: response, hasCalls: calls)
        reply.record { choice in
            for name in ["status", "incomplete_details"] where choice.keepsReply {
                if let value = response[name], !value.isNull { choice.json[name] = value }
            }
            return reason.map { choice.finish($0) } ?? []
        }
        if let usage = response["usage"]?.object { reply.record(Usage(response: usage)) }
        reply.isEnded = true
    }
}

extension StreamedChoice {
    /// Log-probabilities, in the form of chats.
    fileprivate mutating func add(tokens: JSONValue?) -> [ChatEvent.Kind] {
        guard let tokens = tokens?.array, !tokens.isEmpty else { return [] }
        return add(logprobs: ["content": .array(tokens)])
    }
}
