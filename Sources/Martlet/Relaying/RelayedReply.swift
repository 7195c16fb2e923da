internal import MartletHTTP
internal import MartletJSON
internal import MartletOpenAI
internal import MartletUV

/// The answer of another server on its way to the client: passes bytes on, changes what the client is not to see, and
/// collects the facts of the generation. Safe to use from any thread.
final class RelayedReply: FactsSource {
    fileprivate struct State {
        var disguise = RelaySink.Disguise()
        /// That of a stream whose first event has not come.
        var head: ResponseHead?
        var frames = EventFrames()
        var usage: Usage?
        var contentCount = 0
        var finishReason: FinishReason?
        /// Whether `[DONE]`, or an error, has come.
        var hasEndMark = false
        /// The choices that have begun, and those that have ended.
        var choices: Set<Int> = []
        var finishedChoices: Set<Int> = []
        var queueWait: Duration?
        var firstEvent: ContinuousClock.Instant?
        var lastEvent: ContinuousClock.Instant?
    }

    let stream: ResponseBuffer
    private let request: RelayRequest
    private let arrival: ContinuousClock.Instant
    private let creation = ContinuousClock.now
    private let generatedTokens: Gauge
    private let state = Locked(State())

    init(to request: RelayRequest, arrival: ContinuousClock.Instant, in stream: ResponseBuffer, counting tokens: Gauge)
    {
        (self.request, self.arrival, self.stream, generatedTokens) = (request, arrival, stream, tokens)
    }

    /// The request's turn has come.
    func start(hasWaited: Bool) {
        state.withLock { $0.queueWait = hasWaited ? .now - creation : .zero }
        stream.facts?.replyDidBegin(self)
    }

    /// Whether the stream is complete: it has its end mark or an error, or all of its choices have ended.
    var hasFinished: Bool {
        state.withLock { $0.hasEndMark || !$0.choices.isEmpty && $0.choices.isSubset(of: $0.finishedChoices) }
    }

    /// Whether there has been an event of the generation, or its end; with content or without.
    var hasEvents: Bool { state.withLock { $0.hasEndMark || !$0.choices.isEmpty } }

    /// Whether there has been generated content.
    var hasContent: Bool { state.withLock { $0.firstEvent != nil } }

    /// Whether an event is larger than any may be.
    var isTooLarge: Bool { state.withLock { $0.frames.isTooLarge } }

    var isStarted: Bool { state.withLock { $0.queueWait != nil } }

    var isUnanswered: Bool { stream.isOpen && !stream.isPrepared }

    // MARK: The answer

    func respond(
        _ status: HTTPStatus, _ fields: HTTPFields, _ body: [UInt8], _ disguise: RelaySink.Disguise
    ) -> Bool {
        var content = body
        if let reading = FrameReading(of: body.span, in: 0..<body.count), (200..<300).contains(status.code) {
            var disguise = disguise
            disguise.hidesUsage = false
            content = edited(body, reading, disguise)
            let tokens = state.withLock { $0.record(reading, body) }
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
            (state.frames, state.hasEndMark, state.finishReason) = (EventFrames(), false, nil)
            (state.choices, state.finishedChoices) = ([], [])
            (state.disguise, state.head) = (disguise, ResponseHead(status, fields: fields))
        }
    }

    /// Returns whether there is room for more.
    func append(_ bytes: some Collection<UInt8>) throws(CancellationError) -> Bool {
        let (head, output, tokens) = state.withLock { state in
            var (output, tokens) = ([UInt8](), 0)
            let disguise = state.disguise
            // Out of the state, so that there is one copy.
            var frames = EventFrames()
            swap(&frames, &state.frames)
            frames.receive(bytes) { tokens += pass($0, disguise, &state, to: &output) }
            state.frames = frames
            return (output.isEmpty ? nil : state.head.take(), output, tokens)
        }
        if let head { stream.prepare(head, heartbeat: ServerSentEvents.ping) }
        if tokens > 0 { generatedTokens.add(tokens) }
        let pressure = try stream.appendGenerated {
            $0 += output
            return tokens > 0
        }
        if pressure.needsSignal { stream.signal() }
        return !pressure.isHigh
    }

    func finish() {
        let (head, rest) = state.withLock { state in
            var rest: [UInt8] = []
            var frames = EventFrames()
            swap(&frames, &state.frames)
            let disguise = state.disguise
            frames.flush { event in
                // An event without its empty line; not one that is cut.
                let lines = EventData(event.span)
                guard lines.isEndMark || lines.data.flatMap({ FrameReading(of: event.span, in: $0) }) != nil else {
                    return
                }
                _ = pass(event, disguise, &state, to: &rest)
                rest += Array("\n\n".utf8)
            }
            if !state.hasEndMark { rest += ServerSentEvents.done }
            state.lastEvent = .now
            return (state.head.take(), rest)
        }
        if let head { stream.prepare(head, heartbeat: ServerSentEvents.ping) }
        stream.facts?.replyDidEnd()
        stream.finish { $0 += rest }
    }

    // MARK: Frames

    /// Passes an event on, as the client is to see it. Returns the number of its chunks with content.
    private func pass(
        _ event: [UInt8], _ disguise: RelaySink.Disguise, _ state: inout State, to output: inout [UInt8]
    ) -> Int {
        let lines = EventData(event.span)
        if lines.isEndMark { state.hasEndMark = true }
        guard let data = lines.data, let reading = FrameReading(of: event.span, in: data) else {
            output += event
            return 0
        }
        if reading.isError { state.hasEndMark = true }
        if !(disguise.hidesUsage && reading.isUsageAlone) { output += edited(event, reading, disguise) }
        return state.record(reading, event)
    }

    private func edited(_ bytes: [UInt8], _ reading: FrameReading, _ disguise: RelaySink.Disguise) -> [UInt8] {
        var edits: [(range: Range<Int>, text: [UInt8])] = []
        if let name = disguise.model, let range = reading.model {
            edits.append((range, Array(JSONValue.string(name).description.utf8)))
        }
        if disguise.hidesUsage { edits += reading.usageMembers.map { ($0, []) } }
        return bytes.replacing(edits)
    }

    // MARK: Facts

    /// The token counts of the other server, or the number of chunks with content.
    var usage: Usage { state.withLock { $0.usage ?? Usage(promptTokens: 0, completionTokens: $0.contentCount) } }

    var facts: GenerationFacts {
        state.withLock { state in
            GenerationFacts(
                isStreamed: request.isStreamed, arrival: arrival, queueWait: state.queueWait,
                firstEvent: state.firstEvent, lastEvent: state.lastEvent,
                usage: state.usage ?? Usage(promptTokens: 0, completionTokens: state.contentCount),
                isUsageEstimated: state.usage == nil && state.contentCount > 0, finishReason: state.finishReason)
        }
    }
}

extension Usage {
    /// With counts that a sum of many cannot overflow: they come from another server.
    fileprivate var plausible: Usage {
        func plausible(_ count: Int) -> Int { min(max(0, count), TokenEstimate.highest) }
        var usage = Usage(
            promptTokens: plausible(promptTokens), completionTokens: plausible(completionTokens),
            cachedTokens: cachedTokens.map(plausible))
        usage.reasoningTokens = reasoningTokens.map(plausible)
        return usage
    }
}

extension RelayedReply.State {
    /// Returns the number of chunks with content.
    fileprivate mutating func record(_ reading: FrameReading, _ text: [UInt8]) -> Int {
        if reading.contentCount > 0, firstEvent == nil { firstEvent = .now }
        contentCount += reading.contentCount
        choices.formUnion(reading.choices)
        finishedChoices.formUnion(reading.finishedChoices)
        if let reason = reading.finishReason, finishReason == nil { finishReason = FinishReason(rawValue: reason) }
        if let range = reading.usage, let counts = try? JSONValue(parsing: Array(text[range])).object {
            usage = Usage(json: counts).plausible
        }
        return reading.contentCount
    }
}
