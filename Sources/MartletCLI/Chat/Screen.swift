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
