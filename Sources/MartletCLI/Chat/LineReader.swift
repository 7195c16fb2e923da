import CEdit
import Foundation

/// Reads lines from a terminal, with editing and a persistent history.
struct LineReader {
    /// The history's path; nil keeps it in memory only.
    private let historyFile: String?
    private let queue = DispatchQueue(label: "martlet.lines")

    /// - Parameter historyFile: Nil keeps the history in memory only.
    init(historyFile: String?) {
        self.historyFile = historyFile
        cedit_set_up()
        // The file does not exist before the first use.
        if let historyFile { _ = read_history(historyFile) }
    }

    /// The next line without its line break; nil at the end of the input.
    func next(prompt: String) async -> String? {
        // `readline` blocks, so it runs on its own thread.
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
    func addToHistory(_ line: String) {
        _ = add_history(line)
        // libedit makes the file readable to its owner only.
        if let historyFile { _ = write_history(historyFile) }
    }
}
