internal import Martlet

/// Turns one choice's tokens into events: finds the template's stop strings, then thoughts and tool calls.
struct ChoiceOutput {
    private let choice: Int
    private var stop: StopMatcher?
    private var parser: OutputParser?
    private let delimiterTokens: Set<Int>
    private(set) var isOver = false

    init(_ output: EngineMessage.Output, choice: Int) {
        self.choice = choice
        stop = output.stop.isEmpty ? nil : StopMatcher(output.stop)
        parser = output.parser
        delimiterTokens = output.delimiterTokens
    }

    /// Emits a token. Returns whether a stop string has ended the choice; the caller still has to call `finish`.
    ///
    /// - Parameter isLast: whether to emit with this token what is buffered as a possible beginning of a stop string.
    mutating func receive(_ token: Token, isLast: Bool, _ emit: (StreamEvent) -> Void) -> Bool {
        var (token, isStopped) = (token, false)
        if let id = token.id, delimiterTokens.contains(id) { token.isSpecial = false }
        if stop != nil, let (text, isEnd) = stop?.receive(token.text) {
            let rest = isLast && !isEnd ? stop?.finish() ?? [] : []
            if !token.isSpecial { token.bytes = text + rest }
            isStopped = isEnd
        }
        pass(token, tokenCount: 1, emit)
        return isStopped
    }

    /// Emits the token that ends the choice. It is not part of the text and is not counted. Only a plain completion
    /// includes it, since clients sum scores up to it.
    func receiveEnd(_ token: Token, _ emit: (StreamEvent) -> Void) {
        if parser == nil { emit(.token(token, choice: choice, tokenCount: 0)) }
    }

    mutating func finish(_ end: StepResult.End, _ emit: (StreamEvent) -> Void) {
        if isOver { return }
        isOver = true
        if let rest = stop?.finish(), !rest.isEmpty { pass(Token(bytes: rest), tokenCount: 0, emit) }
        for event in parser?.finish(choice: choice) ?? [] { emit(event) }
        emit(.finish(end == .length ? .length : .stop, choice: choice))
    }

    private mutating func pass(_ token: Token, tokenCount: Int, _ emit: (StreamEvent) -> Void) {
        if parser == nil { return emit(.token(token, choice: choice, tokenCount: tokenCount)) }
        for event in parser?.receive(token, tokenCount: tokenCount, choice: choice) ?? [] { emit(event) }
    }
}
