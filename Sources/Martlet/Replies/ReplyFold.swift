internal import MartletHTTP
internal import MartletJSON

/// A backend's events in, the bytes of a reply out: chunk by chunk, or whole at the end.
///
/// Pure: no socket, clock or thread. Choice `c` of prompt `s` is the reply's choice `s * n + c`.
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
    private let format: any ReplyFormat
    private var choices: [ChoiceFold]
    /// How many of them have not ended; counted, as a batch may have thousands.
    private var openCount: Int
    private var whole: [WholeChoice]
    private var usages: [ReportedUsage]
    /// A chunk's JSON before and after its choices.
    private let chunkStart: [UInt8]
    private let chunkEnd: [UInt8]

    init(_ plan: ReplyPlan, format: any ReplyFormat) {
        self.plan = plan
        self.format = format
        // One matcher for all: its tables are shared, however many choices there are.
        let matcher = StopMatcher(plan.stop)
        choices = plan.maxTokens.flatMap { maxTokens in
            let choice = ChoiceFold(matcher, maxTokens: maxTokens, tellsTokenIDs: plan.tellsTokenIDs)
            return Array(repeating: choice, count: plan.n)
        }
        openCount = choices.count
        whole = plan.isStreamed ? [] : Array(repeating: WholeChoice(), count: choices.count)
        usages = Array(repeating: ReportedUsage(), count: plan.promptTokens.count)
        var start: [UInt8] = Array("{".utf8)
        Self.appendEnvelope(plan, format, object: format.chunkObject, to: &start)
        start.append(",\"choices\":[")
        chunkStart = start
        chunkEnd = Array((plan.includesUsage ? "],\"usage\":null}" : "]}").utf8)
    }

    private static func appendEnvelope(
        _ plan: ReplyPlan, _ format: any ReplyFormat, object: String, to bytes: inout [UInt8]
    ) {
        bytes.append("\"id\":")
        bytes.append(jsonString: format.idPrefix + plan.id)
        bytes.append(",\"object\":")
        bytes.append(jsonString: object)
        bytes.append(",\"created\":")
        bytes.append(decimal: plan.created)
        bytes.append(",\"model\":")
        bytes.append(jsonString: plan.model)
        bytes.append(",\"system_fingerprint\":")
        bytes.append(jsonString: Version.fingerprint)
    }

    // MARK: Events

    /// Whether all choices of the prompt have ended.
    func isOver(promptIndex: Int) -> Bool {
        choices[range(of: promptIndex)].allSatisfy { $0.finishReason != nil }
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
        let index = range(of: promptIndex).lowerBound + event.choice
        let before = choices[index].tokenCount
        let isCut = withChoice(index) { fold, choice in
            choice.receive(event.kind) { fold.tell($0, of: index, to: &bytes) }
        }
        return Outcome(
            tokens: choices[index].tokenCount - before, isCutShort: isCut && isOver(promptIndex: promptIndex))
    }

    /// Ends the prompt's open choices; without a reason, by what the backend's return means.
    mutating func end(promptIndex: Int, reason: FinishReason?, to bytes: inout [UInt8]) {
        for index in range(of: promptIndex) {
            withChoice(index) { fold, choice in
                choice.finish(reason) { fold.tell($0, of: index, to: &bytes) }
            }
        }
    }

    /// Takes a choice out of its place while it tells what an event adds: left in, its arrays would be copied for each.
    private mutating func withChoice<Result>(
        _ index: Int, _ body: (inout ReplyFold, inout ChoiceFold) -> Result
    ) -> Result {
        var choice = ChoiceFold(StopMatcher([]), maxTokens: nil, tellsTokenIDs: false)
        swap(&choice, &choices[index])
        let wasOpen = choice.finishReason == nil
        defer {
            if wasOpen && choice.finishReason != nil { openCount -= 1 }
            swap(&choice, &choices[index])
        }
        return body(&self, &choice)
    }

    private mutating func tell(_ delta: ReplyDelta, of index: Int, to bytes: inout [UInt8]) {
        if !plan.isStreamed { return whole[index].receive(delta) }
        let start = bytes.count
        var isShown = false
        ServerSentEvents.append(to: &bytes) { bytes in
            bytes.append(contentsOf: chunkStart)
            let before = bytes.count
            format.appendChoice(index, delta, to: &bytes)
            isShown = bytes.count > before
            bytes.append(contentsOf: chunkEnd)
        }
        if !isShown { bytes.removeLast(bytes.count - start) }
    }

    // MARK: The end

    private var usage: Usage {
        var total = Usage(promptTokens: 0, completionTokens: 0)
        for (promptIndex, reported) in usages.enumerated() {
            let counted = choices[range(of: promptIndex)].reduce(0) { $0 + $1.tokenCount }
            total.promptTokens += reported.promptTokens ?? plan.promptTokens[promptIndex]
            total.completionTokens += reported.completionTokens ?? counted
            if let cached = reported.cachedTokens { total.cachedTokens = (total.cachedTokens ?? 0) + cached }
        }
        return total
    }

    /// The last frames of a stream.
    func appendEnd(to bytes: inout [UInt8]) {
        if plan.includesUsage {
            ServerSentEvents.append(to: &bytes) { bytes in
                bytes.append(contentsOf: chunkStart)
                bytes.append("],\"usage\":")
                Self.append(usage, to: &bytes)
                bytes.append(UInt8(ascii: "}"))
            }
        }
        bytes.append(contentsOf: ServerSentEvents.done)
    }

    /// The whole reply, as JSON.
    func wholeReply() -> [UInt8] {
        var bytes: [UInt8] = Array("{".utf8)
        Self.appendEnvelope(plan, format, object: format.wholeObject, to: &bytes)
        bytes.append(",\"choices\":")
        var writer = JSONWriter(appendingTo: bytes)
        writer.array { writer in
            for (index, choice) in whole.enumerated() { format.write(choice, index: index, to: &writer) }
        }
        bytes = writer.bytes
        bytes.append(",\"usage\":")
        Self.append(usage, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private static func append(_ usage: Usage, to bytes: inout [UInt8]) {
        var writer = JSONWriter(appendingTo: bytes)
        writer.value(usage)
        bytes = writer.bytes
    }
}
