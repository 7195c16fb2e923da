internal import MartletJSON
internal import MartletOpenAI

/// One choice of a reply while its parts arrive. Each addition returns the events that it causes.
struct StreamedChoice: Sendable {
    /// A block of reasoning, and the parts of the message that precede it.
    private struct Block {
        var json: JSONObject
        var followsText: Bool
        var callCount: Int
    }

    /// Whether the parts are accumulated.
    let keepsReply: Bool
    var role: ChatRole?
    private(set) var finishReason: FinishReason?
    /// Whether content followed a finish reason: some servers send a reason with every chunk.
    private(set) var continuesAfterFinish = false
    private(set) var logprobs: [JSONValue] = []
    /// The choice's other members.
    var json: JSONObject = [:]

    private var text = ""
    private var reasoning = ""
    private var refusal = ""
    private var hasReasoning = false
    private var blocks: [Block] = []
    private var calls = ToolCallAccumulator()
    /// Separates reasoning from the text; nil if it stays there.
    private var filter: ThinkFilter?

    init(keepsReply: Bool, reasoningTag: String?) {
        self.keepsReply = keepsReply
        filter = reasoningTag.map { ThinkFilter(tag: $0, position: .leading) }
    }

    /// Whether reasoning that a server leaves in the content is separated from it.
    var separatesReasoning: Bool { filter != nil }

    /// The message so far.
    var message: ChatMessage {
        var message = ChatMessage(role: role ?? .assistant, content: [])
        if !text.isEmpty { message.content.append(.text(text)) }
        if !refusal.isEmpty { message.content.append(.refusal(refusal)) }
        message.toolCalls = calls.calls
        message.reasoning = hasReasoning ? reasoning : nil
        message.reasoningBlocks = blocks.map { block in
            let isFirst = block.callCount == 0 && !block.followsText
            let next = message.toolCalls.dropFirst(block.callCount).first
            return ReasoningBlock(block.json, callID: isFirst ? nil : next?.id)
        }
        return message
    }

    // MARK: Additions

    mutating func add(text: String) -> [ChatEvent.Kind] {
        if text.isEmpty { return [] }
        return content((filter?.feed(text) ?? [.text(text)]).map { record($0) })
    }

    mutating func add(reasoning: String) -> [ChatEvent.Kind] {
        reasoning.isEmpty ? [] : content([record(.reasoning(reasoning))])
    }

    mutating func add(refusal: String) -> [ChatEvent.Kind] {
        if refusal.isEmpty { return [] }
        if keepsReply { self.refusal += refusal }
        return content([.refusal(refusal)])
    }

    mutating func add(
        _ fragments: [ToolCallAccumulator.Fragment], areComplete: Bool = false
    ) -> [ChatEvent.Kind] {
        content(calls.add(fragments, areComplete: areComplete).map { .toolCall($0) })
    }

    /// A complete block of reasoning, as received; its text is added separately.
    mutating func add(block: JSONObject) {
        guard keepsReply else { return }
        blocks.append(Block(json: block, followsText: !text.isEmpty, callCount: calls.calls.count))
    }

    mutating func add(logprobs: JSONValue) -> [ChatEvent.Kind] {
        if keepsReply { self.logprobs.append(logprobs) }
        return [.logprobs(logprobs)]
    }

    /// Ends the choice. Some servers do so repeatedly.
    mutating func finish(_ reason: FinishReason) -> [ChatEvent.Kind] {
        let rest = flush()
        finishReason = reason
        return rest + [.finish(reason)]
    }

    /// Buffered text at the end of the choice.
    mutating func flush() -> [ChatEvent.Kind] { (filter?.finish() ?? []).map { record($0) } }

    private mutating func content(_ kinds: [ChatEvent.Kind]) -> [ChatEvent.Kind] {
        if finishReason != nil, !kinds.isEmpty { continuesAfterFinish = true }
        return kinds
    }

    private mutating func record(_ piece: ThinkFilter.Piece) -> ChatEvent.Kind {
        switch piece {
        case .text(let text):
            if keepsReply { self.text += text }
            return .text(text)
        case .reasoning(let text):
            hasReasoning = true
            if keepsReply { reasoning += text }
            return .reasoning(text)
        }
    }
}
