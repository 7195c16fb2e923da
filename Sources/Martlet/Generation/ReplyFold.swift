internal import MartletHTTP

/// A backend's events in, the bytes of a reply out: chunk by chunk, or whole at the end.
///
/// No socket and no thread. Choice `c` of prompt `s` is the reply's choice `s * n + c`.
struct ReplyFold {
    /// What the backend says of a prompt's tokens, where it knows better.
    private struct ReportedUsage {
        var promptTokens: Int?
        var completionTokens: Int?
        var cachedTokens: Int?
    }

    /// What an event did.
    struct Outcome {
        /// Tokens that it counts for.
        var tokens = 0
        /// Whether it ended its prompt's last open choice, by a stop string or a limit.
        var isCutShort = false
    }

    private let plan: ReplyPlan
    private var format: any ReplyFormat
    private var choices: [ChoiceFold]
    /// How many of them have not ended; counted, as a batch may have thousands.
    private var openCount: Int
    private var whole: [AssembledChoice]
    private var usages: [ReportedUsage]
    /// Bytes that a whole reply has gathered and nobody has asked for by `takeGrowth()`.
    private var growth = 0
    /// Why a whole reply may not grow any more, once it has grown past the memory there is.
    var refusal: MemoryBudget.Exceeded?

    init(_ plan: ReplyPlan, format: any ReplyFormat) {
        self.plan = plan
        self.format = format
        // One matcher for all: its tables are shared, however many choices there are.
        let matcher = StopMatcher(plan.stop)
        choices = plan.prompts.flatMap { prompt in
            Array(repeating: ChoiceFold(matcher, plan.rules(for: prompt)), count: plan.n)
        }
        openCount = choices.count
        whole =
            plan.isStreamed && !format.assemblesStreams ? [] : Array(repeating: AssembledChoice(), count: choices.count)
        usages = Array(repeating: ReportedUsage(), count: plan.prompts.count)
    }

    // MARK: Events

    /// Whether all choices of the prompt have ended.
    func isOver(promptIndex: Int) -> Bool {
        choices[range(of: promptIndex)].allSatisfy { $0.finishReason != nil }
    }

    /// Whether one choice of the prompt has ended; a choice there is not counts as one.
    func isOver(promptIndex: Int, choice: Int) -> Bool {
        !hasChoice(choice) || choices[range(of: promptIndex).lowerBound + choice].finishReason != nil
    }

    var isOver: Bool { openCount == 0 }

    /// Whether a prompt has such a choice.
    func hasChoice(_ choice: Int) -> Bool { choice >= 0 && choice < plan.n }

    private func range(of promptIndex: Int) -> Range<Int> { promptIndex * plan.n..<(promptIndex + 1) * plan.n }

    /// Folds an event of the prompt `promptIndex` in; a streamed reply appends its frames to `bytes`.
    mutating func receive(_ event: StreamEvent, promptIndex: Int, to bytes: inout [UInt8]) -> Outcome {
        if case .usage(let prompt, let completion, let cached) = event.kind {
            usages[promptIndex].promptTokens = prompt ?? usages[promptIndex].promptTokens
            usages[promptIndex].completionTokens = completion ?? usages[promptIndex].completionTokens
            usages[promptIndex].cachedTokens = cached ?? usages[promptIndex].cachedTokens
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

    /// Ends the prompt's open choices; without a reason, by what the backend's return means.
    mutating func end(promptIndex: Int, reason: FinishReason?, to bytes: inout [UInt8]) {
        for index in range(of: promptIndex) { withChoice(index, to: &bytes) { $0.finish(reason, $1) } }
    }

    /// Lets a choice tell what an event adds. It is out of its place meanwhile: left in, its arrays would be copied for
    /// each. Where chunks say how much was used so far, they are written once it is back.
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
        format.record(delta)
        if !whole.isEmpty {
            growth += delta.memory
            whole[index].receive(delta)
        }
        if !plan.isStreamed { return }
        let soFar = plan.streamOptions.hasContinuousUsage ? usage : nil
        format.append(delta, of: index, usage: soFar, to: &bytes)
    }

    /// Bytes that a whole reply has gathered since the last call, once they are worth counting; 0 before.
    mutating func takeGrowth() -> Int {
        if growth < MemoryBudget.step { return 0 }
        defer { growth = 0 }
        return growth
    }

    // MARK: The end

    private var usage: Usage {
        var total = Usage(promptTokens: 0, completionTokens: 0)
        for (promptIndex, reported) in usages.enumerated() {
            let choices = choices[range(of: promptIndex)]
            let thoughts = choices.reduce(0) { $0 + $1.reasoningTokenCount }
            total.promptTokens += reported.promptTokens ?? plan.prompts[promptIndex].tokenCount
            total.completionTokens += reported.completionTokens ?? choices.reduce(0) { $0 + $1.tokenCount }
            if let cached = reported.cachedTokens { total.cachedTokens = (total.cachedTokens ?? 0) + cached }
            if thoughts > 0 { total.reasoningTokens = (total.reasoningTokens ?? 0) + thoughts }
        }
        return total
    }

    /// The last frames of a stream.
    mutating func appendEnd(to bytes: inout [UInt8]) { format.appendEnd(whole, usage: usage, to: &bytes) }

    /// The whole reply, as JSON.
    mutating func wholeReply() -> [UInt8] { format.wholeReply(whole, usage: usage) }
}
