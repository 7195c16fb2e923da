internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI

/// Folds the values of a chat's stream into events, and optionally into the reply.
struct ChatFold: StreamFold {
    static let endsWithContent = false
    static func isProgress(_ event: ChatEvent) -> Bool { event.kind != .other }

    private var record: ReplyRecord
    private var decoder: any ReplyDecoder

    /// - Parameters:
    ///   - keepsReply: Whether the events are accumulated for `replySoFar`.
    ///   - reasoningTag: See `Client.reasoningTag`; nil leaves reasoning in the text.
    init(response: ResponseInfo, keepsReply: Bool, reasoningTag: String?, decoder: any ReplyDecoder) {
        record = ReplyRecord(response: response, keepsReply: keepsReply, reasoningTag: reasoningTag)
        self.decoder = decoder
    }

    var model: String { record.reply.model }
    var response: ResponseInfo { record.reply.response }
    var isComplete: Bool { decoder.isComplete(record) }
    var isOver: Bool { decoder.isOver(record) }
    var isEnded: Bool { record.isEnded }
    var finishReason: FinishReason? { record.finishReason }
    var endMark: String { type(of: decoder).endMark }
    var keepAliveEvent: String? { type(of: decoder).keepAliveEvent }
    /// The reply so far.
    var replySoFar: ChatReply { record.replySoFar }

    func failure(in value: JSONValue) -> ClientError? {
        if let error = ClientError(in: value, fields: response.fields) { return error }
        guard let object = value.object, let error = decoder.failure(in: object) else { return nil }
        return ClientError(in: ["error": error], fields: response.fields)
    }

    mutating func events(of value: JSONValue, named name: String) -> [ChatEvent] {
        guard let object = value.object else { return [] }
        record.begin(object)
        decoder.read(object, into: &record)
        return record.takeEvents()
    }

    mutating func finish() -> [ChatEvent] { record.finish() }
}

/// A reply while it arrives, and the events that one value of its stream adds.
struct ReplyRecord: Sendable {
    /// The reply without its choices.
    var reply: ChatReply
    /// By their index.
    private(set) var choices: [Int: StreamedChoice] = [:]
    /// Whether the API's own end mark has arrived.
    var isEnded = false
    /// Whether the value has no event at all, not even one of kind `other`.
    var isIgnored = false

    let keepsReply: Bool
    private let reasoningTag: String?
    /// The value that is read, and its number.
    private var chunk: JSONObject = [:]
    private var count = 0
    private var events: [ChatEvent] = []
    /// The last chunk, whose members are not in the reply yet.
    private var latest: JSONObject = [:]

    init(response: ResponseInfo, keepsReply: Bool, reasoningTag: String?) {
        reply = ChatReply(response: response)
        self.keepsReply = keepsReply
        self.reasoningTag = reasoningTag
    }

    var finishReason: FinishReason? { choices.min { $0.key < $1.key }?.value.finishReason }

    // MARK: One value

    mutating func begin(_ value: JSONObject) {
        chunk = value
        count += 1
        isIgnored = false
    }

    mutating func takeEvents() -> [ChatEvent] {
        defer { events = [] }
        if events.isEmpty, !isIgnored { return [event(.other, choice: 0)] }
        return events
    }

    /// Changes a choice, which begins with its first change.
    mutating func record(choice index: Int = 0, _ change: (inout StreamedChoice) -> [ChatEvent.Kind]) {
        let new = StreamedChoice(keepsReply: keepsReply, reasoningTag: reasoningTag)
        for kind in change(&choices[index, default: new]) { events.append(event(kind, choice: index)) }
    }

    mutating func record(_ usage: Usage) {
        reply.usage = usage
        events.append(event(.usage(usage), choice: 0))
    }

    private func event(_ kind: ChatEvent.Kind, choice: Int) -> ChatEvent {
        ChatEvent(kind: kind, choice: choice, chunk: chunk, number: max(0, count - 1))
    }

    /// Buffered text at the end of the stream, as events of the last value.
    mutating func finish() -> [ChatEvent] {
        for index in choices.keys.sorted() { record(choice: index) { $0.flush() } }
        defer { events = [] }
        return events
    }

    // MARK: The reply

    /// Reads the members that every chunk has.
    mutating func readEnvelope(of chunk: JSONObject) {
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
            ChatReply.Choice(
                index: index, message: choice.message, finishReason: choice.finishReason,
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
