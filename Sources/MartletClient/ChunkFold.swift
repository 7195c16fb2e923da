internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// Folds the chunks of a chat's stream into events, and if wanted into the reply that they add up to.
struct ChunkFold {
    private let keepsReply: Bool
    private var reply: ChatReply
    private var choices: [Int: StreamedChoice] = [:]
    /// How many chunks there have been.
    private var count = 0
    /// The chunk whose members are not yet in the reply.
    private var latest: JSONObject = [:]

    init(response: ResponseInfo, keepsReply: Bool) {
        self.keepsReply = keepsReply
        reply = ChatReply(response: response)
    }

    /// How often the request was sent.
    var attempts: Int { reply.response.attempts }

    /// Whether every choice that has begun is over, and there is one.
    var isComplete: Bool { !choices.isEmpty && choices.values.allSatisfy { $0.finishReason != nil } }

    /// Why the first choice is over.
    var finishReason: FinishReason? { choices.min { $0.key < $1.key }?.value.finishReason }

    /// What a chunk tells. A whole reply, from a server that does not stream, is one too.
    mutating func events(of chunk: JSONObject) -> [ChatEvent] {
        var events: [ChatEvent] = []
        let number = count
        count += 1
        readEnvelope(of: chunk)
        for (place, element) in (chunk["choices"]?.array ?? []).enumerated() {
            guard let object = element.object else { continue }
            let index = object["index"]?.number?.int ?? place
            for kind in choices[index, default: StreamedChoice()].fold(object, keepsReply: keepsReply) {
                events.append(ChatEvent(kind: kind, choice: index, chunk: chunk, number: number))
            }
        }
        if let usage = chunk["usage"]?.object {
            let usage = Usage(json: usage)
            reply.usage = usage
            events.append(ChatEvent(kind: .usage(usage), choice: 0, chunk: chunk, number: number))
        }
        if events.isEmpty { events.append(ChatEvent(kind: .other, choice: 0, chunk: chunk, number: number)) }
        return events
    }

    private mutating func readEnvelope(of chunk: JSONObject) {
        if let id = chunk["id"]?.string, id != reply.id, !id.isEmpty { reply.id = id }
        if let model = chunk["model"]?.string, model != reply.model, !model.isEmpty { reply.model = model }
        if let created = chunk["created"]?.number?.int { reply.created = created }
        guard keepsReply else { return }
        // Nearly every chunk has the members of the one before: then only the last of them counts.
        if !latest.elementsEqual(chunk, by: { $0.key == $1.key }) { keepLatest(in: &reply) }
        latest = chunk
    }

    private func keepLatest(in reply: inout ChatReply) {
        for (name, value) in latest where name != "choices" && !value.isNull { reply.json[name] = value }
    }

    /// What has come so far.
    var replySoFar: ChatReply {
        var reply = reply
        keepLatest(in: &reply)
        reply.choices = choices.sorted { $0.key < $1.key }.map { index, choice in
            var message = ChatMessage(role: choice.role ?? .assistant, content: [])
            if !choice.text.isEmpty { message.content.append(.text(choice.text)) }
            if !choice.refusal.isEmpty {
                message.content.append(ContentPart(json: ["type": "refusal", "refusal": .string(choice.refusal)]))
            }
            message.toolCalls = choice.calls.calls
            message.reasoning = choice.hasReasoning ? choice.reasoning : nil
            return ChatReply.Choice(
                index: index, message: message, finishReason: choice.finishReason,
                logprobs: Self.joined(choice.logprobs), json: choice.json)
        }
        return reply
    }

    /// The log-probabilities of chunks, as a whole reply has them: the lists of one name behind each other.
    private static func joined(_ pieces: [JSONValue]) -> JSONValue? {
        guard !pieces.isEmpty else { return nil }
        var all = JSONObject()
        for piece in pieces {
            for (name, value) in piece.object ?? [:] {
                if case .array(let more) = value, case .array(let so) = all[name] ?? .array([]) {
                    all[name] = .array(so + more)
                } else {
                    all[name] = value
                }
            }
        }
        return .object(all)
    }
}

/// One choice of a stream, as far as it has come.
private struct StreamedChoice {
    var role: ChatRole?
    var text = ""
    var reasoning = ""
    var refusal = ""
    var hasReasoning = false
    var calls = ToolCallAccumulator()
    var finishReason: FinishReason?
    var logprobs: [JSONValue] = []
    var json: JSONObject = [:]

    mutating func fold(_ object: JSONObject, keepsReply: Bool) -> [ChatEvent.Kind] {
        let delta = object["delta"]?.object ?? object["message"]?.object ?? [:]
        var kinds: [ChatEvent.Kind] = []
        if let role = delta["role"]?.string, !role.isEmpty { self.role = ChatRole(rawValue: role) }
        if let text = delta["reasoning_content"]?.string ?? delta["reasoning"]?.string, !text.isEmpty {
            hasReasoning = true
            if keepsReply { reasoning += text }
            kinds.append(.reasoning(text))
        }
        if let text = delta["content"]?.joinedText, !text.isEmpty {
            if keepsReply { self.text += text }
            kinds.append(.text(text))
        }
        if let text = delta["refusal"]?.string, !text.isEmpty {
            if keepsReply { refusal += text }
            kinds.append(.refusal(text))
        }
        let fragments = (delta["tool_calls"]?.array ?? []).compactMap(\.object)
        kinds += calls.add(fragments, areWhole: object["delta"]?.object == nil).map { .toolCall($0) }
        if let logprobs = object["logprobs"], !logprobs.isNull {
            if keepsReply { self.logprobs.append(logprobs) }
            kinds.append(.logprobs(logprobs))
        }
        if let reason = object["finish_reason"]?.string, !reason.isEmpty {
            finishReason = FinishReason(rawValue: reason)
            kinds.append(.finish(FinishReason(rawValue: reason)))
        }
        if keepsReply { keep(object) }
        return kinds
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
