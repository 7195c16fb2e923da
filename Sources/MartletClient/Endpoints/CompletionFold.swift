internal import MartletJSON
internal import MartletOpenAI

/// Folds the chunks of a completion stream into events, and optionally into the reply.
struct CompletionFold: StreamFold {
    private struct Choice {
        var text = ""
        var finishReason: FinishReason?
        /// Whether text followed a finish reason: some servers send a reason with every chunk.
        var continuesAfterFinish = false
        var logprobs: [JSONValue] = []
        var json: JSONObject = [:]
    }

    static let endsWithContent = false
    static func isProgress(_ event: CompletionEvent) -> Bool { event.kind != .other }

    private let keepsReply: Bool
    /// The number of requested choices: some servers begin one only when another is finished.
    private let expected: Int
    private var reply: CompletionReply
    private var choices: [Int: Choice] = [:]

    init(response: ResponseInfo, keepsReply: Bool, expecting expected: Int) {
        self.keepsReply = keepsReply
        self.expected = expected
        reply = CompletionReply(response: response)
    }

    var response: ResponseInfo { reply.response }
    var isComplete: Bool { !choices.isEmpty && choices.values.allSatisfy { $0.finishReason != nil } }
    var isOver: Bool { isComplete && choices.count >= expected && !choices.values.contains { $0.continuesAfterFinish } }
    var finishReason: FinishReason? { choices.min { $0.key < $1.key }?.value.finishReason }

    mutating func finish() -> [CompletionEvent] { [] }

    mutating func events(of value: JSONValue, named name: String) -> [CompletionEvent] {
        guard let chunk = value.object else { return [] }
        if let id = chunk["id"]?.string, !id.isEmpty { reply.id = id }
        if let model = chunk["model"]?.string, !model.isEmpty { reply.model = model }
        var events: [CompletionEvent] = []
        for (place, element) in (chunk["choices"]?.array ?? []).enumerated() {
            guard let object = element.object else { continue }
            let index = object["index"]?.number?.int ?? place
            let kinds = fold(object, into: &choices[index, default: Choice()])
            events += kinds.map { CompletionEvent(kind: $0, choice: index, chunk: chunk) }
        }
        if let usage = chunk["usage"]?.object.map(Usage.init(json:)) {
            reply.usage = usage
            events.append(CompletionEvent(kind: .usage(usage), choice: 0, chunk: chunk))
        }
        return events.isEmpty ? [CompletionEvent(kind: .other, choice: 0, chunk: chunk)] : events
    }

    private func fold(_ object: JSONObject, into choice: inout Choice) -> [CompletionEvent.Kind] {
        var kinds: [CompletionEvent.Kind] = []
        let wasFinished = choice.finishReason != nil
        if let text = object["text"]?.string, !text.isEmpty {
            if keepsReply { choice.text += text }
            kinds.append(.text(text))
        }
        if wasFinished, !kinds.isEmpty { choice.continuesAfterFinish = true }
        if let logprobs = object["logprobs"], !logprobs.isNull {
            if keepsReply { choice.logprobs.append(logprobs) }
            kinds.append(.logprobs(logprobs))
        }
        if let reason = object["finish_reason"]?.string, !reason.isEmpty {
            choice.finishReason = FinishReason(rawValue: reason)
            kinds.append(.finish(FinishReason(rawValue: reason)))
        }
        if keepsReply {
            for (name, value) in object where !value.isNull && name != "text" && name != "logprobs" {
                choice.json[name] = value
            }
        }
        return kinds
    }

    /// The reply so far.
    var replySoFar: CompletionReply {
        var reply = reply
        reply.choices = choices.sorted { $0.key < $1.key }.map { index, choice in
            CompletionReply.Choice(
                index: index, text: choice.text, finishReason: choice.finishReason,
                logprobs: JSONValue.joined(choice.logprobs), json: choice.json)
        }
        return reply
    }
}
