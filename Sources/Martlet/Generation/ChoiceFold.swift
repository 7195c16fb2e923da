/// Folds the backend's events of one choice into the deltas of the reply.
struct ChoiceFold {
    /// The limits of a choice, and the form of its deltas.
    struct Rules {
        var maxTokens: Int?
        var stopTokenIDs: Set<Int> = []
        var allowsParallelToolCalls = true
        /// Whether deltas carry tokens.
        var keepsTokens = false
        /// The number of Unicode scalars before the generated text, for the offsets of tokens.
        var promptScalars = 0
    }

    private let rules: Rules
    private var assembler = UTF8Assembler()
    private var matcher: StopMatcher
    private var tokens: TokenQueue
    private var calls = ToolCallNumbering()
    private var hasStarted = false
    private(set) var tokenCount = 0
    /// The part of `tokenCount` that was reasoning.
    private(set) var reasoningTokenCount = 0
    private(set) var finishReason: FinishReason?

    init(_ matcher: StopMatcher, _ rules: Rules) {
        self.matcher = matcher
        self.rules = rules
        tokens = TokenQueue(offset: rules.promptScalars)
    }

    /// Folds an event in and emits its deltas. Returns true if the framework ends the choice because of the event: for
    /// a stop string, a stop token, `max_tokens`, or a second tool call where parallel calls are not allowed.
    mutating func receive(_ event: StreamEvent, _ emit: (ReplyDelta) -> Void) -> Bool {
        if finishReason != nil { return false }
        start(emit)
        switch event.kind {
        case .usage:
            return false
        case .prompt(let prompt):
            emitPrompt(prompt, emit)
            return false
        case .finish(let reason):
            finish(reason, emit)
            return false
        case .text(let text):
            tokenCount += event.tokenCount
            if take(Array(text.utf8), nil, emit) { return true }
        case .token(let token):
            tokenCount += event.tokenCount
            if let id = token.id, rules.stopTokenIDs.contains(id) {
                finish(.stop, stop: .token(id), emit)
                return true
            }
            // A token without an id and a log-probability has nothing to show.
            let isShown = rules.keepsTokens && (token.id != nil || token.logprob != nil)
            if take(token.text, isShown ? token : nil, emit) { return true }
        case .reasoning(let text):
            tokenCount += event.tokenCount
            reasoningTokenCount += event.tokenCount
            if !text.isEmpty { emit(.reasoning(text)) }
        case .toolCall(let fragment):
            if !rules.allowsParallelToolCalls, calls.count == 1, calls.isNew(fragment) {
                finish(.toolCalls, emit)
                return true
            }
            tokenCount += event.tokenCount
            emit(.toolCall(calls.number(fragment)))
        }
        guard let maxTokens = rules.maxTokens, tokenCount >= maxTokens else { return false }
        finish(.length, emit)
        return true
    }

    /// Ends the choice. A nil reason means that the backend has returned without one.
    mutating func finish(_ reason: FinishReason?, stop: StopMatch? = nil, _ emit: (ReplyDelta) -> Void) {
        if finishReason != nil { return }
        start(emit)
        let assembled = assembler.finish()
        let (last, isStopped) = matcher.receive(assembled)
        let rest = isStopped ? last : last + matcher.finish()
        var emitted: [EmittedToken] = []
        if rules.keepsTokens {
            tokens.receive(nil, assembled)
            emitted = tokens.release(rest.count, isComplete: !isStopped)
        }
        if !rest.isEmpty || !emitted.isEmpty { emit(.text(rest, emitted)) }
        end(
            isStopped ? .stop : reason ?? (rules.maxTokens == 0 ? .length : .stop),
            stop: isStopped ? matcher.match.map(StopMatch.string) : stop, emit)
    }

    private mutating func start(_ emit: (ReplyDelta) -> Void) {
        if hasStarted { return }
        hasStarted = true
        emit(.start)
    }

    /// Emits the prompt before the generation. Stop strings do not apply to it.
    private mutating func emitPrompt(_ prompt: [Token], _ emit: (ReplyDelta) -> Void) {
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
        emit(.prompt(text, queue.release(text.count, isComplete: true)))
    }

    /// Emits the text that is complete with `bytes`. Returns whether a stop string has ended the choice.
    private mutating func take(_ bytes: [UInt8], _ token: Token?, _ emit: (ReplyDelta) -> Void) -> Bool {
        let assembled = assembler.receive(bytes)
        let (text, isStopped) = matcher.receive(assembled)
        var emitted: [EmittedToken] = []
        if rules.keepsTokens {
            tokens.receive(token, assembled)
            emitted = tokens.release(text.count, isComplete: !isStopped && assembler.isEmpty && matcher.isEmpty)
        }
        if !text.isEmpty || !emitted.isEmpty { emit(.text(text, emitted)) }
        if isStopped { end(.stop, stop: matcher.match.map(StopMatch.string), emit) }
        return isStopped
    }

    /// A choice with tool calls that stops has the reason `tool_calls`.
    private mutating func end(_ reason: FinishReason, stop: StopMatch?, _ emit: (ReplyDelta) -> Void) {
        let reason = reason == .stop && calls.count > 0 ? .toolCalls : reason
        finishReason = reason
        emit(.finish(reason, stop: stop))
    }
}
