import CEdit
import Foundation

/// Lines that a person types at a terminal, with editing and a history that outlives the program.
struct LineReader {
    /// Where the history is kept; nil for nowhere.
    private let historyFile: String?
    private let queue = DispatchQueue(label: "martlet.lines")

    /// - Parameter historyFile: Nil for a history that ends with the program.
    init(historyFile: String?) {
        self.historyFile = historyFile
        cedit_set_up()
        // There is none before the first time.
        if let historyFile { _ = read_history(historyFile) }
    }

    /// The next line, without its end; nil when there are no more.
    func next(prompt: String) async -> String? {
        // It blocks, so it has a thread of its own.
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.read(prompt)) }
        }
    }

    private static func read(_ prompt: String) -> String? {
        guard let line = readline(prompt) else { return nil }
        defer { free(line) }
        return String(cString: line)
    }

    /// Adds a line to the history.
    func remember(_ line: String) {
        _ = add_history(line)
        // Only the owner can read the file: libedit sees to that.
        if let historyFile { _ = write_history(historyFile) }
    }
}
