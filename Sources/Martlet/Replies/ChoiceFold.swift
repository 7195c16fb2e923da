/// One choice of an answer in the making: the backend's events in, the answer's deltas out.
struct ChoiceFold {
    private var assembler = UTF8Assembler()
    private var matcher: StopMatcher
    private let maxTokens: Int?
    private let tellsTokenIDs: Bool
    private var hasStarted = false
    private var hasToolCalls = false
    /// Tokens by the rule that one emit is one token.
    private(set) var tokenCount = 0
    private(set) var finishReason: FinishReason?

    init(_ matcher: StopMatcher, maxTokens: Int?, tellsTokenIDs: Bool) {
        self.matcher = matcher
        self.maxTokens = maxTokens
        self.tellsTokenIDs = tellsTokenIDs
    }

    /// Takes an event and tells what it adds. Returns true if it ends the choice before the backend did: by a stop
    /// string or `max_tokens`.
    mutating func receive(_ kind: StreamEvent.Kind, _ tell: (ReplyDelta) -> Void) -> Bool {
        if finishReason != nil { return false }
        start(tell)
        switch kind {
        case .usage, .prompt:
            return false
        case .finish(let reason):
            finish(reason, tell)
            return false
        case .text(let text):
            if take(Array(text.utf8), tokenID: nil, tell) { return true }
        case .token(let token):
            if take(token.bytes, tokenID: tellsTokenIDs ? token.id : nil, tell) { return true }
        case .reasoning(let text):
            tell(.reasoning(text))
        case .toolCall(let fragment):
            hasToolCalls = true
            tell(.toolCall(fragment))
        }
        tokenCount += 1
        guard let maxTokens, tokenCount >= maxTokens else { return false }
        finish(.length, tell)
        return true
    }

    /// Ends the choice; without a reason, by what the backend's return means.
    mutating func finish(_ reason: FinishReason?, _ tell: (ReplyDelta) -> Void) {
        if finishReason != nil { return }
        start(tell)
        let (last, isStopped) = matcher.receive(assembler.finish())
        let rest = isStopped ? last : last + matcher.finish()
        if !rest.isEmpty { tell(.text(rest, tokenID: nil)) }
        end(isStopped ? .stop : reason ?? (hasToolCalls ? .toolCalls : .stop), tell)
    }

    private mutating func start(_ tell: (ReplyDelta) -> Void) {
        if hasStarted { return }
        hasStarted = true
        tell(.start)
    }

    /// Returns whether a stop string has ended the choice.
    private mutating func take(_ bytes: [UInt8], tokenID: Int?, _ tell: (ReplyDelta) -> Void) -> Bool {
        let (text, isStopped) = matcher.receive(assembler.receive(bytes))
        if !text.isEmpty || tokenID != nil { tell(.text(text, tokenID: tokenID)) }
        guard isStopped else { return false }
        tokenCount += 1
        end(.stop, tell)
        return true
    }

    private mutating func end(_ reason: FinishReason, _ tell: (ReplyDelta) -> Void) {
        finishReason = reason
        tell(.finish(reason))
    }
}
