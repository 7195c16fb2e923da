internal import MartletHTTP
internal import MartletOpenAI

/// Folds a backend's events into the bytes of a reply: the chunks of a stream, or one body at the end.
///
/// Pure: it uses no socket, clock or thread. Choice `c` of prompt `p` is the reply's choice `p * n + c`.
struct ReplyFold {
    /// The token counts that the backend reported for a prompt. They replace the framework's.
    private struct ReportedUsage {
        var promptTokens: Int?
        var completionTokens: Int?
        var cachedTokens: Int?
        var reasoningTokens: Int?
    }

    /// The effect of an event.
    struct Outcome {
        /// The number of generated tokens that the event counted for.
        var tokens = 0
        /// Whether a stop string or a limit ended the prompt's last open choice.
        var isCutShort = false
    }

    private let plan: ReplyPlan
    private var format: any ReplyFormat
    private var choices: [ChoiceFold]
    /// The number of choices that have not ended. Counted, because a batch may have thousands.
    private var openCount: Int
    private var whole: [AssembledChoice]
    /// Whether deltas stay in memory until the reply ends.
    private let retainsDeltas: Bool
    private var usages: [ReportedUsage]
    /// Bytes that assembled choices have grown by since `takeGrowth()` last returned them.
    private var growth = 0
    private var queueWait: Duration?
    private var firstEvent: ContinuousClock.Instant?
    private var lastEvent: ContinuousClock.Instant?
    /// What ended the first choice.
    private var stop: StopMatch?
    private var steps: [GenerationStep] = []
    /// Whether nothing has been generated. Read for each event, so that it is a flag of its own.
    private(set) var isBeforeFirstEvent = true
    /// The name of the server that generates; nil for this one.
    var upstream: String?
    /// Set once the assembled reply has outgrown the memory budget; it then accepts no further events.
    var refusal: MemoryBudget.Exceeded?
    /// Whether an error has ended the reply, which then accepts no further events.
    private(set) var hasFailed = false

    init(_ plan: ReplyPlan, format: any ReplyFormat) {
        self.plan = plan
        self.format = format
        // One matcher for all choices: copies share its tables.
        let matcher = StopMatcher(plan.stop)
        choices = plan.prompts.flatMap { prompt in
            Array(repeating: ChoiceFold(matcher, plan.rules(for: prompt)), count: plan.n)
        }
        openCount = choices.count
        whole = plan.isStreamed ? [] : Array(repeating: AssembledChoice(), count: choices.count)
        retainsDeltas = !whole.isEmpty || format.retainsStreams
        usages = Array(repeating: ReportedUsage(), count: plan.prompts.count)
    }

    // MARK: Events

    /// Whether all choices of the prompt have ended.
    func isOver(promptIndex: Int) -> Bool {
        choices[range(of: promptIndex)].allSatisfy { $0.finishReason != nil }
    }

    /// Whether one choice of the prompt has ended. A choice that does not exist counts as ended.
    func isOver(promptIndex: Int, choice: Int) -> Bool {
        !hasChoice(choice) || choices[range(of: promptIndex).lowerBound + choice].finishReason != nil
    }

    var isOver: Bool { openCount == 0 }

    /// Whether `choice` is the index of a choice of each prompt.
    func hasChoice(_ choice: Int) -> Bool { choice >= 0 && choice < plan.n }

    private func range(of promptIndex: Int) -> Range<Int> { promptIndex * plan.n..<(promptIndex + 1) * plan.n }

    /// Folds in an event of the prompt `promptIndex`. A streamed reply appends its frames to `bytes`.
    mutating func receive(_ event: StreamEvent, promptIndex: Int, to bytes: inout [UInt8]) -> Outcome {
        if case .usage(let prompt, let completion, let cached, let reasoning) = event.kind {
            usages[promptIndex].promptTokens = prompt ?? usages[promptIndex].promptTokens
            usages[promptIndex].completionTokens = completion ?? usages[promptIndex].completionTokens
            usages[promptIndex].cachedTokens = cached ?? usages[promptIndex].cachedTokens
            usages[promptIndex].reasoningTokens = reasoning ?? usages[promptIndex].reasoningTokens
            return Outcome()
        }
        if event.prompt != nil {
            for index in range(of: promptIndex) where plan.echoes { fold(event, index, to: &bytes) }
            return Outcome()
        }
        let index = range(of: promptIndex).lowerBound + event.choice
        let before = choices[index].tokenCount
        let isCut = fold(event, index, to: &bytes)
        return Outcome(
            tokens: choices[index].tokenCount - before, isCutShort: isCut && isOver(promptIndex: promptIndex))
    }

    @discardableResult
    private mutating func fold(_ event: StreamEvent, _ index: Int, to bytes: inout [UInt8]) -> Bool {
        withChoice(index, to: &bytes) { $0.receive(event, $1) }
    }

    /// Ends the prompt's open choices. A nil reason means that the backend has returned without one.
    mutating func end(promptIndex: Int, reason: FinishReason?, to bytes: inout [UInt8]) {
        for index in range(of: promptIndex) { withChoice(index, to: &bytes) { $0.finish(reason, $1) } }
    }

    /// Runs `body` on a choice and emits its deltas. The choice is swapped out of the array meanwhile, because its own
    /// arrays would otherwise be copied for each event. If chunks include usage, they are written after it is back.
    private mutating func withChoice<Result>(
        _ index: Int, to bytes: inout [UInt8], _ body: (inout ChoiceFold, (ReplyDelta) -> Void) -> Result
    ) -> Result {
        var choice = ChoiceFold(StopMatcher([]), ChoiceFold.Rules())
        swap(&choice, &choices[index])
        let wasOpen = choice.finishReason == nil
        var later: [ReplyDelta] = []
        let result = body(&choice) { delta in
            if plan.streamOptions.hasContinuousUsage {
                later.append(delta)
            } else {
                emit(delta, of: index, to: &bytes)
            }
        }
        if wasOpen && choice.finishReason != nil { openCount -= 1 }
        swap(&choice, &choices[index])
        for delta in later { emit(delta, of: index, to: &bytes) }
        return result
    }

    private mutating func emit(_ delta: ReplyDelta, of index: Int, to bytes: inout [UInt8]) {
        if case .finish(_, let stop) = delta, index == 0 { self.stop = stop }
        if retainsDeltas { growth += delta.memory }
        if !whole.isEmpty { whole[index].receive(delta) }
        if !plan.isStreamed { return }
        let soFar = plan.streamOptions.hasContinuousUsage ? usage : nil
        format.append(delta, of: index, usage: soFar, to: &bytes)
    }

    /// Returns the bytes by which assembled choices have grown since they were last returned; 0 while they are fewer
    /// than `MemoryBudget.step`.
    mutating func takeGrowth() -> Int {
        if growth < MemoryBudget.step { return 0 }
        defer { growth = 0 }
        return growth
    }

    // MARK: Facts

    var hasLastEvent: Bool { lastEvent != nil }

    /// Only the first call counts.
    mutating func recordStart(afterWaiting queueWait: Duration) {
        self.queueWait = self.queueWait ?? queueWait
    }

    var hasStarted: Bool { queueWait != nil }

    /// Records an event that counted for `tokenCount` tokens, if the steps of this reply are recorded.
    mutating func recordStep(_ event: StreamEvent, promptIndex: Int, tokenCount: Int) {
        guard plan.recordsSteps, steps.count < GenerationFacts.maximumSteps else { return }
        steps.append(
            GenerationStep(
                choice: range(of: promptIndex).lowerBound + event.choice, tokenID: event.token?.id,
                logprob: event.token?.logprob, tokenCount: tokenCount, time: .now))
    }

    mutating func recordFirstEvent(at time: ContinuousClock.Instant) {
        firstEvent = time
        isBeforeFirstEvent = false
    }

    mutating func recordLastEvent(at time: ContinuousClock.Instant) { lastEvent = time }

    /// The facts of the generation so far.
    var facts: GenerationFacts {
        GenerationFacts(
            isStreamed: plan.isStreamed, choices: plan.n, arrival: plan.arrival, queueWait: queueWait,
            firstEvent: firstEvent, lastEvent: lastEvent, usage: usage, isUsageEstimated: isUsageEstimated,
            upstream: upstream, finishReason: choices.first?.finishReason, stop: stop, sampling: plan.sampling,
            requestedMaxTokens: plan.maxTokens, steps: steps)
    }

    private var isUsageEstimated: Bool {
        plan.isRelayed && !isBeforeFirstEvent && usages.contains { $0.completionTokens == nil }
    }

    /// The token counts so far.
    var usage: Usage {
        var total = Usage(promptTokens: 0, completionTokens: 0)
        for (promptIndex, reported) in usages.enumerated() {
            let choices = choices[range(of: promptIndex)]
            let reasoning = reported.reasoningTokens ?? choices.reduce(0) { $0 + $1.reasoningTokenCount }
            total.promptTokens += reported.promptTokens ?? plan.prompts[promptIndex].tokenCount
            total.completionTokens += reported.completionTokens ?? choices.reduce(0) { $0 + $1.tokenCount }
            if let cached = reported.cachedTokens { total.cachedTokens = (total.cachedTokens ?? 0) + cached }
            if reasoning > 0 { total.reasoningTokens = (total.reasoningTokens ?? 0) + reasoning }
        }
        return total
    }

    // MARK: The end

    /// The frames that a stream begins with.
    var opening: [UInt8] { format.opening(usage) }

    /// Ends the reply with an error. Returns the last frames of the stream; nil if they are those of the API's error
    /// envelope.
    mutating func fail(_ error: OpenAIError) -> [UInt8]? {
        hasFailed = true
        var bytes: [UInt8] = []
        return format.appendFailure(error, facts, to: &bytes) ? bytes : nil
    }

    /// Appends the last frames of a stream.
    mutating func appendEnd(to bytes: inout [UInt8]) { format.appendEnd(facts, to: &bytes) }

    /// Returns the JSON of a reply that does not stream.
    mutating func wholeReply() -> [UInt8] { format.wholeReply(whole, facts) }
}
