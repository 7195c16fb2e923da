internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// Folds the chunks of a chat stream into events, and optionally into the reply.
struct ChunkFold: StreamFold {
    private let keepsReply: Bool
    private let reasoningTag: String?
    /// The number of requested choices: some servers begin one only when another is finished.
    private let expected: Int
    private var reply: ChatReply
    private var choices: [Int: StreamedChoice] = [:]
    /// The number of chunks so far.
    private var count = 0
    /// The last chunk, whose members are not in the reply yet.
    private var latest: JSONObject = [:]

    /// - Parameters:
    ///   - reasoningTag: See `Client.reasoningTag`; nil leaves reasoning in the text.
    ///   - expected: The number of requested choices.
    init(response: ResponseInfo, keepsReply: Bool, reasoningTag: String?, expecting expected: Int = 1) {
        self.keepsReply = keepsReply
        self.expected = expected
        self.reasoningTag = reasoningTag
        reply = ChatReply(response: response)
    }

    static let endsWithContent = false
    static func isProgress(_ event: ChatEvent) -> Bool { event.kind != .other }

    var response: ResponseInfo { reply.response }

    var isComplete: Bool { !choices.isEmpty && choices.values.allSatisfy { $0.finishReason != nil } }

    var isOver: Bool { isComplete && choices.count >= expected && !choices.values.contains { $0.continuesAfterFinish } }

    var finishReason: FinishReason? { choices.min { $0.key < $1.key }?.value.finishReason }

    mutating func events(of value: JSONValue, named name: String) -> [ChatEvent] {
        value.object.map { events(of: $0) } ?? []
    }

    /// The events of a chunk. A complete reply, from a server that does not stream, is a chunk too.
    mutating func events(of chunk: JSONObject) -> [ChatEvent] {
        var events: [ChatEvent] = []
        let number = count
        count += 1
        readEnvelope(of: chunk)
        for (place, element) in (chunk["choices"]?.array ?? []).enumerated() {
            guard let object = element.object else { continue }
            let index = object["index"]?.number?.int ?? place
            let choice = StreamedChoice(reasoningTag: reasoningTag)
            for kind in choices[index, default: choice].fold(object, keepsReply: keepsReply) {
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

    /// Buffered text at the end of the stream, as events of the last chunk.
    mutating func finish() -> [ChatEvent] {
        choices.keys.sorted().flatMap { index in
            let kinds = choices[index]?.finish(keepsReply: keepsReply) ?? []
            return kinds.map { ChatEvent(kind: $0, choice: index, chunk: latest, number: max(0, count - 1)) }
        }
    }

    private mutating func readEnvelope(of chunk: JSONObject) {
        if let id = chunk["id"]?.string, id != reply.id, !id.isEmpty { reply.id = id }
        if let model = chunk["model"]?.string, model != reply.model, !model.isEmpty { reply.model = model }
        if let created = chunk["created"]?.number?.int { reply.created = created }
        guard keepsReply else { return }
        // Nearly every chunk has the same members as the one before, so only the last of a run is merged.
        if !latest.elementsEqual(chunk, by: { $0.key == $1.key }) { keepLatest(in: &reply) }
        latest = chunk
    }

    private func keepLatest(in reply: inout ChatReply) {
        for (name, value) in latest where name != "choices" && !value.isNull { reply.json[name] = value }
    }

    /// The reply so far.
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
                logprobs: JSONValue.joined(choice.logprobs), json: choice.json)
        }
        return reply
    }
}

extension JSONValue {
    /// Joins the log-probabilities of several chunks: lists of the same name are concatenated.
    static func joined(_ pieces: [JSONValue]) -> JSONValue? {
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
