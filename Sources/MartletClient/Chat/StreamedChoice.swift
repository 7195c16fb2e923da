internal import MartletJSON
internal import MartletOpenAI

/// One choice of a reply while its chunks arrive.
struct StreamedChoice {
    var role: ChatRole?
    var text = ""
    var reasoning = ""
    var refusal = ""
    var hasReasoning = false
    var calls = ToolCallAccumulator()
    var finishReason: FinishReason?
    /// Whether content followed a finish reason: some servers send a reason with every chunk.
    var continuesAfterFinish = false
    var logprobs: [JSONValue] = []
    var json: JSONObject = [:]
    /// Separates reasoning from the text; nil if it stays there.
    private var filter: ThinkFilter?

    init(reasoningTag: String?) { filter = reasoningTag.map { ThinkFilter(tag: $0, position: .leading) } }

    mutating func fold(_ object: JSONObject, keepsReply: Bool) -> [ChatEvent.Kind] {
        let delta = object["delta"]?.object ?? object["message"]?.object ?? [:]
        var kinds: [ChatEvent.Kind] = []
        let wasFinished = finishReason != nil
        if let role = delta["role"]?.string, !role.isEmpty { self.role = ChatRole(rawValue: role) }
        if let text = delta["reasoning_content"]?.string ?? delta["reasoning"]?.string, !text.isEmpty {
            kinds.append(record(.reasoning(text), keepsReply: keepsReply))
        }
        for piece in pieces(of: delta["content"]) { kinds.append(record(piece, keepsReply: keepsReply)) }
        if let text = delta["refusal"]?.string, !text.isEmpty {
            if keepsReply { refusal += text }
            kinds.append(.refusal(text))
        }
        let fragments = (delta["tool_calls"]?.array ?? []).compactMap(\.object)
        kinds += calls.add(fragments, areComplete: object["delta"]?.object == nil).map { .toolCall($0) }
        if wasFinished, !kinds.isEmpty { continuesAfterFinish = true }
        if let logprobs = object["logprobs"], !logprobs.isNull {
            if keepsReply { self.logprobs.append(logprobs) }
            kinds.append(.logprobs(logprobs))
        }
        if let reason = object["finish_reason"]?.string, !reason.isEmpty {
            kinds += finish(keepsReply: keepsReply)
            finishReason = FinishReason(rawValue: reason)
            kinds.append(.finish(FinishReason(rawValue: reason)))
        }
        if keepsReply { keep(object) }
        return kinds
    }

    /// Buffered text at the end of the choice.
    mutating func finish(keepsReply: Bool) -> [ChatEvent.Kind] {
        (filter?.finish() ?? []).map { record($0, keepsReply: keepsReply) }
    }

    private mutating func record(_ piece: ThinkFilter.Piece, keepsReply: Bool) -> ChatEvent.Kind {
        switch piece {
        case .text(let text):
            if keepsReply { self.text += text }
            return .text(text)
        case .reasoning(let text):
            hasReasoning = true
            if keepsReply { reasoning += text }
            return .reasoning(text)
        }
    }

    /// The text and the reasoning of a content: a string, or parts, of which some may be Mistral's `thinking`.
    private mutating func pieces(of content: JSONValue?) -> [ThinkFilter.Piece] {
        switch content {
        case .string(let text): return pieces(ofText: text)
        case .array(let parts):
            return parts.compactMap(\.object).flatMap { part -> [ThinkFilter.Piece] in
                if part["type"] == "thinking" {
                    let reasoning = part["thinking"]?.joinedText ?? ""
                    return filter == nil || reasoning.isEmpty ? [] : [.reasoning(reasoning)]
                }
                return pieces(ofText: part["text"]?.string ?? "")
            }
        default: return []
        }
    }

    private mutating func pieces(ofText text: String) -> [ThinkFilter.Piece] {
        if text.isEmpty { return [] }
        return filter?.feed(text) ?? [.text(text)]
    }

    /// Keeps the choice's members for `json`; later values replace earlier ones.
    private mutating func keep(_ object: JSONObject) {
        for (name, value) in object where !value.isNull {
            switch name {
            case "delta", "message", "logprobs": break
            case "index": if json.isEmpty { json[name] = value }
            default: json[name] = value
            }
        }
    }
}

extension JSONValue {
    /// A string, or the joined texts of an array of parts.
    fileprivate var joinedText: String? {
        string ?? array.map { parts in parts.compactMap { $0.object?["text"]?.string }.joined() }
    }
}
