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
        /// Whether an event without a chunk has come: `[DONE]`, or an error.
        var hasEndMark = false
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

    var hasFinished: Bool { state.withLock { $0.finishReason != nil || $0.hasEndMark } }

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
            frames.receive(bytes) { frame in
                guard let reading = Self.reading(of: frame) else {
                    if frame.first != UInt8(ascii: ":") { state.hasEndMark = true }
                    output += frame
                    return
                }
                if reading.isError { state.hasEndMark = true }
                tokens += state.record(reading, frame)
                if !(disguise.hidesUsage && reading.isUsageAlone) { output += edited(frame, reading, disguise) }
            }
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
            state.frames.flush { rest = $0 }
            state.lastEvent = .now
            return (state.head.take(), rest)
        }
        if let head { stream.prepare(head, heartbeat: ServerSentEvents.ping) }
        stream.facts?.replyDidEnd()
        stream.finish { $0 += rest }
    }

    // MARK: Frames

    /// The chunk of an event that has one line of data.
    private static func reading(of frame: [UInt8]) -> FrameReading? {
        let prefix = Array("data:".utf8)
        guard frame.starts(with: prefix) else { return nil }
        let end = frame.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? frame.count
        return FrameReading(of: frame.span, in: prefix.count..<end)
    }

    private func edited(_ bytes: [UInt8], _ reading: FrameReading, _ disguise: RelaySink.Disguise) -> [UInt8] {
        var edits: [(range: Range<Int>, text: [UInt8])] = []
        if let name = disguise.model, let range = reading.model {
            edits.append((range, Array(JSONValue.string(name).description.utf8)))
        }
        if disguise.hidesUsage, let range = reading.usageMember { edits.append((range, [])) }
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
                isUsageEstimated: state.usage == nil, finishReason: state.finishReason)
        }
    }
}

extension RelayedReply.State {
    /// Returns the number of chunks with content.
    fileprivate mutating func record(_ reading: FrameReading, _ text: [UInt8]) -> Int {
        if reading.contentCount > 0, firstEvent == nil { firstEvent = .now }
        contentCount += reading.contentCount
        if let reason = reading.finishReason, finishReason == nil { finishReason = FinishReason(rawValue: reason) }
        if let range = reading.usage, let counts = try? JSONValue(parsing: Array(text[range])).object {
            usage = Usage(json: counts)
        }
        return reading.contentCount
    }
}
