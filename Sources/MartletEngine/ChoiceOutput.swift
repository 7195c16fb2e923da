internal import Martlet

/// One choice's tokens on their way out: what a template's stop strings and an output's tags make of them.
struct ChoiceOutput {
    private let choice: Int
    private var stop: StopMatcher?
    private var parser: OutputParser?
    private(set) var isOver = false

    init(_ output: EngineMessage.Output, choice: Int) {
        self.choice = choice
        stop = output.stop.isEmpty ? nil : StopMatcher(output.stop)
        parser = output.parser
    }

    /// Takes a token. Returns whether a stop string has ended the choice; `finish` is then still to be called.
    ///
    /// - Parameter isLast: With the last token goes all that a stop string was held back for.
    mutating func receive(_ token: Token, isLast: Bool, _ emit: (StreamEvent) -> Void) -> Bool {
        var (token, isStopped) = (token, false)
        if stop != nil, let (text, isEnd) = stop?.receive(token.text) {
            let rest = isLast && !isEnd ? stop?.finish() ?? [] : []
            if !token.isSpecial { token.bytes = text + rest }
            isStopped = isEnd
        }
        pass(token, tokenCount: 1, emit)
        return isStopped
    }

    /// Takes the token that ends the choice. It is no part of the text and is not counted; a plain completion tells it all
    /// the same, since scores are summed up to it.
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
