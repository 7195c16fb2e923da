internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// The answer of another server on its way to the client: passes bytes on, changes what the client is not to see, and
/// collects the facts of the generation. Safe to use from any thread.
final class RelayedReply: FactsSource {
    fileprivate struct State {
        var disguise = RelaySink.Disguise()
        /// The name of the model in it, as JSON.
        var name: [UInt8]?
        /// Whether the client has something of an answer of another server.
        var hasAnswered = false
        /// That of a stream whose first event has not come.
        var head: ResponseHead?
        var frames = EventFrames()
        var usage: Usage?
        /// The counts as the API has them: in a stream of messages, later ones replace some of the earlier.
        var counts: JSONObject = [:]
        var upstream: String?
        var contentCount = 0
        var finishReason: FinishReason?
        let api: RelayEndpoint.API
        /// Whether the stream's last event, or an error, has come.
        var hasEndMark = false
        /// Whether the stream's last event has come, such as `[DONE]`.
        var isDone = false
        /// What a stream of the Responses API has sent; nil for one of another API.
        var response: RelayedResponse?
        /// The choices that have begun, and those that have ended.
        var choices = ChoiceSet()
        var finishedChoices = ChoiceSet()
        var queueWait: Duration?
        var firstEvent: ContinuousClock.Instant?
        var lastEvent: ContinuousClock.Instant?
    }

    let stream: ResponseBuffer
    private let request: RelayRequest
    private let arrival: ContinuousClock.Instant
    private let creation = ContinuousClock.now
    private let generatedTokens: Gauge
    private let state: Locked<State>

    init(to request: RelayRequest, arrival: ContinuousClock.Instant, in stream: ResponseBuffer, counting tokens: Gauge)
    {
        (self.request, self.arrival, self.stream, generatedTokens) = (request, arrival, stream, tokens)
        var initial = State(api: request.endpoint.api)
        if request.isStreamed, request.endpoint.api == .responses {
            initial.response = RelayedResponse { [stream] bytes in (try? stream.memory.add(bytes)) != nil }
        }
        state = Locked(initial)
    }

    /// The request's turn has come.
    func start(hasWaited: Bool) {
        state.withLock { $0.queueWait = hasWaited ? .now - creation : .zero }
        stream.facts?.replyDidBegin(self)
        guard request.isStreamed else { return }
        var fields: HTTPFields = ["Content-Type": ServerSentEvents.contentType]
        fields.append(contentsOf: ServerSentEvents.unbuffered)
        stream.prepare(
            ResponseHead(.ok, fields: fields), heartbeat: ServerSentEvents.ping, restartsHeadWait: true, isRelayed: true
        )
        if hasFailureFrames { stream.setFailureFrames { [weak self] in self?.failureFrames($0) } }
    }

    /// Keeps the reply for the last frames of its stream, for an error that is going to be reported to the client.
    func surviveError() {
        if hasFailureFrames { stream.setFailureFrames { [self] in failureFrames($0) } }
    }

    /// Whether the last frames of a stream depend on those before: in the Responses API.
    private var hasFailureFrames: Bool { request.isStreamed && request.endpoint.api == .responses }

    private func failureFrames(_ error: any Error) -> [UInt8]? {
        let error = ErrorRendering.describe(error).error
        return state.withLock { $0.response?.failure(error, model: $0.disguise.model) }
    }

    /// Whether the stream is complete: it has its end mark or an error, or all of its choices have ended.
    var hasFinished: Bool {
        state.withLock { $0.hasEndMark || !$0.choices.isEmpty && $0.choices.isSubset(of: $0.finishedChoices) }
    }

    /// Whether there has been an event of the generation, or its end; with content or without.
    var hasEvents: Bool { state.withLock { $0.hasEndMark || !$0.choices.isEmpty } }

    /// Whether the mark has come that ends a stream.
    var isDone: Bool { state.withLock { $0.isDone } }

    /// Whether there has been generated content.
    var hasContent: Bool { state.withLock { $0.firstEvent != nil } }

    /// Whether an event is larger than any may be.
    var isTooLarge: Bool { state.withLock { $0.frames.isTooLarge } }

    /// The request is about to be sent to a server.
    func send(to upstream: String) { state.withLock { $0.upstream = upstream } }

    var isStarted: Bool { state.withLock { $0.queueWait != nil } }

    var isUnanswered: Bool { stream.isOpen && !state.withLock { $0.hasAnswered } }

    // MARK: The answer

    func respond(
        _ status: HTTPStatus, _ fields: HTTPFields, _ body: [UInt8], _ disguise: RelaySink.Disguise
    ) -> Bool {
        var content = body
        if let reading = FrameReading(of: body.span, in: 0..<body.count, as: request.endpoint.api),
            (200..<300).contains(status.code)
        {
            content = []
            let tokens = state.withLock { state in
                state.set(disguise)
                // The client of a complete answer always gets its token counts.
                state.disguise.hidesUsage = false
                state.write(body.span, reading, to: &content)
                return state.record(reading, body.span)
            }
            generatedTokens.add(usage.completionTokens > 0 ? usage.completionTokens : tokens)
        }
        state.withLock { $0.lastEvent = .now }
        stream.facts?.replyDidEnd()
        var response = HTTPResponse(status, json: content)
        response.head.fields = fields
        return stream.send(response)
    }

    func begin(_ status: HTTPStatus, _ fields: HTTPFields, _ disguise: RelaySink.Disguise) {
        state.withLock { state in
            // The client has nothing of what an earlier attempt has begun.
            (state.frames, state.hasEndMark, state.isDone, state.finishReason) = (EventFrames(), false, false, nil)
            (state.choices, state.finishedChoices) = (ChoiceSet(), ChoiceSet())
            state.set(disguise)
            var fields = fields
            fields.append(contentsOf: ServerSentEvents.unbuffered)
            state.head = ResponseHead(status, fields: fields)
        }
    }

    /// Returns whether there is room for more.
    func append(_ bytes: Span<UInt8>) throws(CancellationError) -> Bool {
        if isHeadWaiting { return try appendFirst(bytes) }
        var tokens = 0
        let pressure = try stream.appendGenerated { output in
            tokens = state.withLock { $0.pass(bytes, to: &output) }
            return tokens > 0
        }
        return didAppend(tokens, pressure)
    }

    private var isHeadWaiting: Bool { state.withLock { $0.head != nil } }

    /// As `append`, until there is an event to send the head with.
    private func appendFirst(_ bytes: Span<UInt8>) throws(CancellationError) -> Bool {
        let (head, output, tokens) = state.withLock { state in
            var output: [UInt8] = []
            let tokens = state.pass(bytes, to: &output)
            if !output.isEmpty { state.hasAnswered = true }
            return (output.isEmpty ? nil : state.head.take(), output, tokens)
        }
        if let head { stream.prepare(head, heartbeat: ServerSentEvents.ping, isRelayed: true) }
        let pressure = try stream.appendGenerated {
            $0 += output
            return tokens > 0
        }
        return didAppend(tokens, pressure)
    }

    private func didAppend(_ tokens: Int, _ pressure: ResponseBuffer.Pressure) -> Bool {
        if tokens > 0 { generatedTokens.add(tokens) }
        if pressure.needsSignal { stream.signal() }
        return !pressure.isHigh
    }

    func finish() {
        let (head, rest) = state.withLock { state in
            var rest: [UInt8] = []
            state.flush(to: &rest)
            if !state.hasEndMark, request.endpoint.api == .openAI { rest += ServerSentEvents.done }
            (state.lastEvent, state.hasAnswered) = (.now, true)
            return (state.head.take(), rest)
        }
        if let head { stream.prepare(head, heartbeat: ServerSentEvents.ping, isRelayed: true) }
        stream.facts?.replyDidEnd()
        stream.finish { $0 += rest }
    }

    // MARK: Facts

    /// The token counts of the other server, or the number of chunks with content.
    var usage: Usage { state.withLock { $0.counted.usage } }

    var facts: GenerationFacts {
        state.withLock { state in
            let (usage, isEstimated) = state.counted
            return GenerationFacts(
                isStreamed: request.isStreamed, arrival: arrival, queueWait: state.queueWait,
                firstEvent: state.firstEvent, lastEvent: state.lastEvent,
                usage: usage, isUsageEstimated: isEstimated, upstream: state.upstream,
                finishReason: state.finishReason)
        }
    }
}

extension RelayedReply.State {
    /// The token counts as far as they are known, and whether that of the reply is the number of chunks with content: there
    /// are none, or only those of the beginning of a message that has not ended.
    fileprivate var counted: (usage: Usage, isEstimated: Bool) {
        guard var usage else { return (Usage(promptTokens: 0, completionTokens: contentCount), contentCount > 0) }
        let isBeginning = api == .messages && finishReason == nil && usage.completionTokens < contentCount
        if isBeginning { usage.completionTokens = contentCount }
        return (usage, isBeginning)
    }

    fileprivate mutating func set(_ disguise: RelaySink.Disguise) {
        self.disguise = disguise
        name = disguise.model.map { Array(JSONValue.string($0).description.utf8) }
    }

    /// Passes the events on that are complete now. Returns the number of their chunks with content.
    fileprivate mutating func pass(_ bytes: Span<UInt8>, to output: inout [UInt8]) -> Int {
        var (frames, tokens) = (EventFrames(), 0)
        // Out of the state, which changes meanwhile.
        swap(&frames, &self.frames)
        frames.receive(bytes) { tokens += pass(event: $0, to: &output) }
        self.frames = frames
        return tokens
    }

    /// Passes on what is left at the end of the stream: an event without its empty line, but not one that is cut.
    fileprivate mutating func flush(to output: inout [UInt8]) {
        var frames = EventFrames()
        swap(&frames, &self.frames)
        frames.flush { event in
            let lines = EventData(event)
            guard lines.isEndMark || lines.data.flatMap({ FrameReading(of: event, in: $0, as: api) }) != nil else {
                return
            }
            _ = pass(event: event, to: &output)
            output += "\n\n".utf8
        }
    }

    private mutating func pass(event: Span<UInt8>, to output: inout [UInt8]) -> Int {
        // Nothing follows the end mark.
        if isDone { return 0 }
        let lines = EventData(event)
        if lines.isEndMark { (hasEndMark, isDone) = (true, true) }
        guard let data = lines.data, let reading = FrameReading(of: event, in: data, as: api) else {
            output.append(event, replacing: [])
            return 0
        }
        if lines.isError || reading.isError || reading.isEnd { hasEndMark = true }
        if reading.isEnd { isDone = true }
        response?.record(reading, event)
        if !(disguise.hidesUsage && reading.isUsageAlone) { write(event, reading, to: &output) }
        return record(reading, event)
    }

    /// Writes a frame, or a complete answer, as the client is to see it.
    fileprivate func write(_ text: Span<UInt8>, _ reading: FrameReading, to output: inout [UInt8]) {
        var edits: [(range: Range<Int>, text: [UInt8])] = []
        if let name, let range = reading.model { edits.append((range, name)) }
        if disguise.hidesUsage { for range in reading.usageMembers { edits.append((range, [])) } }
        output.append(text, replacing: edits)
    }

    /// Returns the number of chunks with content.
    fileprivate mutating func record(_ reading: FrameReading, _ text: Span<UInt8>) -> Int {
        if reading.contentCount > 0, firstEvent == nil { firstEvent = .now }
        contentCount += reading.contentCount
        choices.formUnion(reading.choices)
        finishedChoices.formUnion(reading.finishedChoices)
        if let reason = reading.finishReason, finishReason == nil { finishReason = reason }
        if let range = reading.usage, let counts = (try? JSONValue(parsing: text.extracting(range)))?.object {
            record(counts)
        }
        return reading.contentCount
    }

    private mutating func record(_ counts: JSONObject) {
        switch api {
        case .openAI: usage = Usage(json: counts).plausible
        case .responses: usage = Usage(response: counts).plausible
        case .messages:
            for (name, count) in counts where !count.isNull { self.counts[name] = count }
            usage = Usage(messages: self.counts).plausible
        }
    }
}
