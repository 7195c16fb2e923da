import MartletClient
import MartletUV

/// Terminal output: colours only on a terminal, and messages besides the reply only in a conversation.
struct Screen: Sendable {
    /// Whether standard output is a terminal.
    let isTerminal: Bool
    /// Whether the session is interactive.
    let isConversation: Bool

    private var isColoured: Bool { isTerminal && Environment.value("NO_COLOR") == nil }

    /// Writes text of the reply.
    func write(_ text: String) { StandardOutput.write(text) }

    /// Writes reasoning: dimmed, and never to a pipe.
    func reasoning(_ text: String) {
        if isTerminal { write(dimmed(text)) }
    }

    /// Writes a line about the conversation.
    func info(_ text: String) {
        if isConversation { write(dimmed(text) + "\n") }
    }

    /// Writes an error message.
    func error(_ text: String) { StandardOutput.writeError("martlet: \(text.escapingInvisibles())\n") }

    private func dimmed(_ text: String) -> String { isColoured ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}

/// Shows a reply while it arrives.
final class ReplyView: Sendable {
    private struct State {
        var text = ""
        var firstPiece: ContinuousClock.Instant?
        /// Whether the current line has text.
        var isOpen = false
        var isReasoning = false
    }

    private let screen: Screen
    private let state = Locked(State())

    init(_ screen: Screen) { self.screen = screen }

    /// The text so far.
    var text: String { state.withLock { $0.text } }
    /// When the first text arrived.
    var firstPiece: ContinuousClock.Instant? { state.withLock { $0.firstPiece } }

    /// Shows an event's text or reasoning.
    func show(_ event: ChatEvent) {
        switch event.kind {
        case .text(let text), .refusal(let text): add(text, isReasoning: false)
        case .reasoning(let text): add(text, isReasoning: true)
        default: break
        }
    }

    private func add(_ text: String, isReasoning: Bool) {
        if isReasoning && !screen.isTerminal { return }
        let changes = state.withLock { state in
            let changes = state.isOpen && state.isReasoning != isReasoning
            state.firstPiece = state.firstPiece ?? .now
            state.isOpen = true
            state.isReasoning = isReasoning
            if !isReasoning { state.text += text }
            return changes
        }
        if changes { screen.write("\n") }
        let shown = screen.isTerminal ? text.withoutControlCharacters : text
        if isReasoning { screen.reasoning(shown) } else { screen.write(shown) }
    }

    /// Ends the current line, if it has text.
    func end() {
        let wasOpen = state.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen
        }
        if wasOpen { screen.write("\n") }
    }

    /// Shows the replies of a tool loop, and its calls.
    var hooks: ToolHooks {
        var hooks = ToolHooks()
        hooks.onEvent = { self.show($0) }
        hooks.afterCall = { call, result in
            self.end()
            self.screen.info("\(call.name)(\(call.arguments)) = \(result)")
        }
        return hooks
    }
}

extension String {
    /// Without control characters: a model's output must not move the cursor or change the window title.
    fileprivate var withoutControlCharacters: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.filter { scalar in
                    scalar == "\n" || scalar == "\t" || !(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value))
                }))
    }
}
