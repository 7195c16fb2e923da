internal import MartletHTTP
internal import MartletJSON
internal import MartletUV

/// Replies of the Responses API: an object with the items of the output, or events that build it up.
struct ResponsesFormat: ReplyFormat {
    private let object: ResponseObject
    let form: ResponseItem.Form
    private var parts = PartSequence()
    /// The item that is being generated.
    private var open: ResponseItem?
    /// The number of items that have ended.
    private var endedCount = 0
    /// The JSON of the items that have ended, separated by commas.
    private var output: [UInt8] = []
    private var finishReason: FinishReason?
    private var events: ResponseEvents
    /// Keeps the response once it has ended; nil if it is not to be kept.
    private let recorder: ResponseRecorder?

    init(_ object: ResponseObject, _ request: ResponseRequest, recorder: ResponseRecorder? = nil) {
        self.object = object
        self.recorder = recorder
        form = ResponseItem.Form(
            topLogprobs: request.chat.topLogprobs, summarizesReasoning: request.reasoning.summary != nil,
            encryptsReasoning: request.encryptsReasoning, customTools: request.tools.customNames)
        events = ResponseEvents(form, first: recorder?.isBackground == true ? 3 : 2)
    }

    // MARK: Streamed

    var streamFields: HTTPFields {
        var fields: HTTPFields = ["Content-Type": ServerSentEvents.contentType]
        fields.append(contentsOf: ServerSentEvents.unbuffered)
        return fields
    }

    var heartbeat: [UInt8] { ServerSentEvents.ping }

    /// The end repeats the output.
    var retainsStreams: Bool { true }

    func opening(_ usage: Usage) -> [UInt8] {
        var bytes: [UInt8] = []
        // A response in the background has begun with `queuedEvents`.
        let isBackground = recorder?.isBackground == true
        var events = ResponseEvents(form, first: isBackground ? 2 : 0)
        for name in (isBackground ? [] : ["response.created"]) + ["response.in_progress"] as [StaticString] {
            events.appendResponse(name, to: &bytes) { object.append(.inProgress, output: [], nil, to: &$0) }
        }
        return bytes
    }

    /// The first events of a response in the background.
    var queuedEvents: [[UInt8]] {
        var events = ResponseEvents(form, first: 0)
        return (["response.created", "response.queued"] as [StaticString]).map { name in
            var bytes: [UInt8] = []
            events.appendResponse(name, to: &bytes) { object.append(.queued, output: [], nil, to: &$0) }
            return bytes
        }
    }

    mutating func append(_ delta: ReplyDelta, of choice: Int, usage: Usage?, to bytes: inout [UInt8]) {
        if case .finish(let reason, _) = delta { finishReason = reason }
        var parts = PartSequence()
        swap(&parts, &self.parts)
        parts.receive(delta) { receive($0, to: &bytes) }
        swap(&parts, &self.parts)
        guard finishReason != nil else { return }
        // An empty reply is an empty text, which clients look for.
        if open == nil && endedCount == 0 { begin(.text, to: &bytes) }
        endItem(isLast: true, to: &bytes)
    }

    /// A part that ends is followed by another, or by the end of the reply.
    private mutating func receive(_ step: PartSequence.Step, to bytes: inout [UInt8]) {
        switch step {
        case .begin(let part):
            endItem(isLast: false, to: &bytes)
            begin(part, to: &bytes)
        case .text(let text, let tokens):
            open?.bytes += text
            open?.tokens += tokens
            events.appendDelta(text.span, tokens, to: &bytes)
        case .reasoning(let text), .arguments(let text):
            open?.bytes += text.utf8
            if case .customToolCall = open?.kind { return }
            events.appendDelta(text, to: &bytes)
        case .end: break
        }
    }

    private mutating func begin(_ part: ReplyPart, to bytes: inout [UInt8]) {
        let item = ResponseItem(part, of: object.id, index: endedCount, form)
        events.begin(item, at: endedCount, to: &bytes)
        open = item
    }

    private mutating func endItem(isLast: Bool, to bytes: inout [UInt8]) {
        guard let item = open else { return }
        open = nil
        let status = item.status(isCut: isCut, isLast: isLast)
        append(item, as: status)
        events.end(item, as: status, at: endedCount, to: &bytes)
        endedCount += 1
    }

    private mutating func append(_ item: ResponseItem, as status: ResponseItem.Status) {
        if !output.isEmpty { output.append(UInt8(ascii: ",")) }
        output.append { [form] in item.write(as: status, form, to: &$0) }
    }

    mutating func appendEnd(_ facts: GenerationFacts, to bytes: inout [UInt8]) {
        let state = finalState
        let name: StaticString = if case .incomplete = state { "response.incomplete" } else { "response.completed" }
        let document = document(state, facts.usage)
        events.appendResponse(name, to: &bytes) { $0 += document }
    }

    /// The response as it has ended, which is kept if it is to be.
    private func document(_ state: ResponseObject.State, _ usage: Usage?) -> [UInt8] {
        var document: [UInt8] = []
        object.append(state, output: output, usage, to: &document)
        recorder?.end(document, output: output)
        return document
    }

    mutating func appendFailure(_ error: OpenAIError, _ facts: GenerationFacts, to bytes: inout [UInt8]) -> Bool {
        let document = document(.failed(ResponsesErrors.translated(error)), facts.usage)
        events.appendResponse("response.failed", to: &bytes) { $0 += document }
        return true
    }

    /// The last event of a response in the background whose generation has not begun.
    mutating func failure(_ error: OpenAIError) -> [UInt8] {
        var bytes: [UInt8] = []
        events = ResponseEvents(form, first: 2)
        let document = document(.failed(ResponsesErrors.translated(error)), nil)
        events.appendResponse("response.failed", to: &bytes) { $0 += document }
        return bytes
    }

    // MARK: Whole

    mutating func wholeReply(_ choices: [AssembledChoice], _ facts: GenerationFacts) -> [UInt8] {
        let parts = choices.first?.parts ?? []
        finishReason = choices.first?.finishReason
        for (index, part) in parts.enumerated() {
            var item = ResponseItem(part.kind, of: object.id, index: index, form)
            (item.bytes, item.tokens) = (part.bytes, part.tokens)
            append(item, as: item.status(isCut: isCut, isLast: index == parts.count - 1))
        }
        if parts.isEmpty {
            let item = ResponseItem(.text, of: object.id, index: 0, form)
            append(item, as: item.status(isCut: isCut, isLast: true))
        }
        return document(finalState, facts.usage)
    }

    // MARK: The end

    /// Whether a limit or a filter has ended the reply.
    private var isCut: Bool { finishReason == .length || finishReason == .contentFilter }

    private var finalState: ResponseObject.State {
        switch finishReason {
        case .length?: .incomplete(reason: "max_output_tokens")
        case .contentFilter?: .incomplete(reason: "content_filter")
        default: .completed(at: EventLoop.unixTime)
        }
    }
}
