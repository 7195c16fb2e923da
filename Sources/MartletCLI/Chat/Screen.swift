import MartletClient
import MartletUV

/// Where a conversation is shown: colours only on a terminal, and what is not the answer itself only in a conversation.
struct Screen: Sendable {
    /// Whether standard output is a terminal.
    let isTerminal: Bool
    /// Whether a person types and reads.
    let isConversation: Bool

    private var isColoured: Bool { isTerminal && Environment.value("NO_COLOR") == nil }

    /// The answer.
    func write(_ text: String) { StandardOutput.write(text) }

    /// Thoughts: dimmed, and not part of what a pipe is given.
    func thought(_ text: String) {
        if isTerminal { write(dimmed(text)) }
    }

    /// A line about the conversation.
    func note(_ text: String) {
        if isConversation { write(dimmed(text) + "\n") }
    }

    /// A line about something that went wrong.
    func complain(_ text: String) { StandardOutput.writeError("martlet: \(text.escapingInvisibles())\n") }

    private func dimmed(_ text: String) -> String { isColoured ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}

/// An answer as it is shown, piece by piece.
final class AnswerView: Sendable {
    private struct State {
        var text = ""
        var firstPiece: ContinuousClock.Instant?
        /// Whether the cursor stands behind something.
        var isOpen = false
        var isThought = false
    }

    private let screen: Screen
    private let state = Locked(State())

    init(_ screen: Screen) { self.screen = screen }

    /// The text so far.
    var text: String { state.withLock { $0.text } }
    /// When the first of it came.
    var firstPiece: ContinuousClock.Instant? { state.withLock { $0.firstPiece } }

    /// Shows what an event tells.
    func show(_ event: ChatEvent) {
        switch event.kind {
        case .text(let text), .refusal(let text): add(text, isThought: false)
        case .reasoning(let text): add(text, isThought: true)
        default: break
        }
    }

    private func add(_ text: String, isThought: Bool) {
        if isThought && !screen.isTerminal { return }
        let changes = state.withLock { state in
            let changes = state.isOpen && state.isThought != isThought
            state.firstPiece = state.firstPiece ?? .now
            state.isOpen = true
            state.isThought = isThought
            if !isThought { state.text += text }
            return changes
        }
        if changes { screen.write("\n") }
        let shown = screen.isTerminal ? text.harmless : text
        if isThought { screen.thought(shown) } else { screen.write(shown) }
    }

    /// Ends the line, if one was begun.
    func end() {
        let wasOpen = state.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen
        }
        if wasOpen { screen.write("\n") }
    }

    /// Shows the answers of a loop with tools, and the calls between them.
    var hooks: ToolHooks {
        var hooks = ToolHooks()
        hooks.onEvent = { self.show($0) }
        hooks.afterCall = { call, result in
            self.end()
            self.screen.note("\(call.name)(\(call.arguments)) = \(result)")
        }
        return hooks
    }
}

extension String {
    /// Without the characters that command a terminal: a model's words must not move the cursor or rename the window.
    fileprivate var harmless: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.filter { scalar in
                    scalar == "\n" || scalar == "\t" || !(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
                }))
    }
}
