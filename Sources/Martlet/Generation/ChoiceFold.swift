/// One choice of an answer in the making: the backend's events in, the answer's deltas out.
struct ChoiceFold {
    /// What ends a choice, and what is told of it.
    struct Rules {
        var maxTokens: Int?
        var stopTokenIDs: Set<Int> = []
        var allowsParallelToolCalls = true
        /// Whether deltas carry tokens.
        var keepsTokens = false
        /// Unicode scalars of the prompt, which is not part of the answer.
        var promptScalars = 0
    }

    private let rules: Rules
    private var assembler = UTF8Assembler()
    private var matcher: StopMatcher
    private var tokens: TokenQueue
    private var calls = ToolCallNumbering()
    private var hasStarted = false
    private(set) var tokenCount = 0
    /// Those of them that were thoughts.
    private(set) var reasoningTokenCount = 0
    private(set) var finishReason: FinishReason?

    init(_ matcher: StopMatcher, _ rules: Rules) {
        self.matcher = matcher
        self.rules = rules
        tokens = TokenQueue(offset: rules.promptScalars)
    }

    /// Takes an event and tells what it adds. Returns true if it ends the choice before the backend did: by a stop
    /// string, a stop token, `max_tokens`, or a tool call too many.
    mutating func receive(_ event: StreamEvent, _ tell: (ReplyDelta) -> Void) -> Bool {
        if finishReason != nil { return false }
        start(tell)
        switch event.kind {
        case .usage:
            return false
        case .prompt(let prompt):
            tellPrompt(prompt, tell)
            return false
        case .finish(let reason):
            finish(reason, tell)
            return false
        case .text(let text):
            tokenCount += event.tokenCount
            if take(Array(text.utf8), nil, tell) { return true }
        case .token(let token):
            tokenCount += event.tokenCount
            if let id = token.id, rules.stopTokenIDs.contains(id) {
                finish(.stop, tell)
                return true
            }
            // Bytes without an id or a log-probability are no token that could be shown.
            let isShown = rules.keepsTokens && (token.id != nil || token.logprob != nil)
            if take(token.text, isShown ? token : nil, tell) { return true }
        case .reasoning(let text):
            tokenCount += event.tokenCount
            reasoningTokenCount += event.tokenCount
            if !text.isEmpty { tell(.reasoning(text)) }
        case .toolCall(let fragment):
            if !rules.allowsParallelToolCalls, calls.count == 1, calls.isNew(fragment) {
                finish(.toolCalls, tell)
                return true
            }
            tokenCount += event.tokenCount
            tell(.toolCall(calls.number(fragment)))
        }
        guard let maxTokens = rules.maxTokens, tokenCount >= maxTokens else { return false }
        finish(.length, tell)
        return true
    }

    /// Ends the choice; without a reason, by what the backend's return means.
    mutating func finish(_ reason: FinishReason?, _ tell: (ReplyDelta) -> Void) {
        if finishReason != nil { return }
        start(tell)
        let assembled = assembler.finish()
        let (last, isStopped) = matcher.receive(assembled)
        let rest = isStopped ? last : last + matcher.finish()
        var told: [EmittedToken] = []
        if rules.keepsTokens {
            tokens.receive(nil, assembled)
            told = tokens.tell(rest.count, isComplete: !isStopped)
        }
        if !rest.isEmpty || !told.isEmpty { tell(.text(rest, told)) }
        end(isStopped ? .stop : reason ?? (rules.maxTokens == 0 ? .length : .stop), tell)
    }

    private mutating func start(_ tell: (ReplyDelta) -> Void) {
        if hasStarted { return }
        hasStarted = true
        tell(.start)
    }

    /// Tells the prompt before the answer. No stop string is looked for in it.
    private mutating func tellPrompt(_ prompt: [Token], _ tell: (ReplyDelta) -> Void) {
        var assembler = UTF8Assembler()
        var queue = TokenQueue(offset: 0)
        var text: [UInt8] = []
        for token in prompt {
            let piece = assembler.receive(token.bytes)
            if rules.keepsTokens { queue.receive(token, piece) }
            text += piece
        }
        text += assembler.finish()
        if rules.keepsTokens { tokens = TokenQueue(offset: text.scalarCount) }
        tell(.prompt(text, queue.tell(text.count, isComplete: true)))
    }

    /// Returns whether a stop string has ended the choice.
    private mutating func take(_ bytes: [UInt8], _ token: Token?, _ tell: (ReplyDelta) -> Void) -> Bool {
        let assembled = assembler.receive(bytes)
        let (text, isStopped) = matcher.receive(assembled)
        var told: [EmittedToken] = []
        if rules.keepsTokens {
            tokens.receive(token, assembled)
            told = tokens.tell(text.count, isComplete: !isStopped && assembler.isEmpty && matcher.isEmpty)
        }
        if !text.isEmpty || !told.isEmpty { tell(.text(text, told)) }
        if isStopped { end(.stop, tell) }
        return isStopped
    }

    /// An answer that calls tools waits for their results; it has not come to its end.
    private mutating func end(_ reason: FinishReason, _ tell: (ReplyDelta) -> Void) {
        let reason = reason == .stop && calls.count > 0 ? .toolCalls : reason
        finishReason = reason
        tell(.finish(reason))
    }
}
