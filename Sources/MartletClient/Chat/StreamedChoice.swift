internal import MartletJSON
internal import MartletOpenAI

/// One choice of a stream, as far as it has come.
struct StreamedChoice {
    var role: ChatRole?
    var text = ""
    var reasoning = ""
    var refusal = ""
    var hasReasoning = false
    var calls = ToolCallAccumulator()
    var finishReason: FinishReason?
    /// Whether more came behind a finish reason: some servers send one with every chunk.
    var continuesAfterFinish = false
    var logprobs: [JSONValue] = []
    var json: JSONObject = [:]
    /// Finds thoughts in the text; nil where they stay there.
    private var filter: ThinkFilter?

    init(thoughtTag: String?) { filter = thoughtTag.map { ThinkFilter(tag: $0, position: .leading) } }

    mutating func fold(_ object: JSONObject, keepsReply: Bool) -> [ChatEvent.Kind] {
        let delta = object["delta"]?.object ?? object["message"]?.object ?? [:]
        var kinds: [ChatEvent.Kind] = []
        let wasFinished = finishReason != nil
        if let role = delta["role"]?.string, !role.isEmpty { self.role = ChatRole(rawValue: role) }
        if let text = delta["reasoning_content"]?.string ?? delta["reasoning"]?.string, !text.isEmpty {
            kinds.append(note(.thought(text), keepsReply: keepsReply))
        }
        for piece in pieces(of: delta["content"]) { kinds.append(note(piece, keepsReply: keepsReply)) }
        if let text = delta["refusal"]?.string, !text.isEmpty {
            if keepsReply { refusal += text }
            kinds.append(.refusal(text))
        }
        let fragments = (delta["tool_calls"]?.array ?? []).compactMap(\.object)
        kinds += calls.add(fragments, areWhole: object["delta"]?.object == nil).map { .toolCall($0) }
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

    /// What is pending of the text, once no more of it comes.
    mutating func finish(keepsReply: Bool) -> [ChatEvent.Kind] {
        (filter?.finish() ?? []).map { note($0, keepsReply: keepsReply) }
    }

    private mutating func note(_ piece: ThinkFilter.Piece, keepsReply: Bool) -> ChatEvent.Kind {
        switch piece {
        case .text(let text):
            if keepsReply { self.text += text }
            return .text(text)
        case .thought(let text):
            hasReasoning = true
            if keepsReply { reasoning += text }
            return .reasoning(text)
        }
    }

    /// The text and the thoughts of a content: a string, or parts of which some may be Mistral's `thinking`.
    private mutating func pieces(of content: JSONValue?) -> [ThinkFilter.Piece] {
        switch content {
        case .string(let text): return pieces(ofText: text)
        case .array(let parts):
            return parts.compactMap(\.object).flatMap { part -> [ThinkFilter.Piece] in
                if part["type"] == "thinking" {
                    let thought = part["thinking"]?.joinedText ?? ""
                    return filter == nil || thought.isEmpty ? [] : [.thought(thought)]
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

    /// Members of a choice that have no name here, and the last value of those that have.
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
    /// A string, or the texts of an array of parts.
    fileprivate var joinedText: String? {
        string ?? array.map { parts in parts.compactMap { $0.object?["text"]?.string }.joined() }
    }
}
