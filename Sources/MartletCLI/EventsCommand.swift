import ArgumentParser
import Foundation
import MartletOperations
import MartletUV

/// `martlet events`: summarizes a file of run events.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Summarize the events of a run that 'martlet serve --events' recorded.",
        usage: "martlet events <file> [<options>]",
        discussion: """
            Counts, percentiles, and plots of latency, first token and tokens per second. Works for a run that goes on.

            EXAMPLE:
              martlet events runs/gpt2-20261122-001/events.jsonl --html run.html
            """)

    @Argument(help: "The file, such as events.jsonl.")
    var file: String

    @Option(
        help: ArgumentHelp(
            "Write a page to this file instead, or to standard output for '-'. It needs no network.", valueName: "file")
    )
    var html: String?

    func validate() throws {
        if file.isEmpty { throw ValidationError("<file> needs a path.") }
        if html == "" { throw ValidationError("--html needs a path, or '-' for standard output.") }
    }

    func run() throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
            throw ValidationError("\(file) is a folder; name a file in it, such as \(file)/events.jsonl.")
        }
        if let html, FileSystem.resolvingLinks(in: html) == FileSystem.resolvingLinks(in: file) {
            throw ValidationError("--html would replace the events in \(file); name another file.")
        }
        let summary = try EventSummary(reading: file)
        guard let html else {
            let isTerminal = Terminal.isOutput
            let text = SummaryText(
                summary, width: Terminal.width ?? 80, isTerminal: isTerminal,
                isColoured: isTerminal && Environment.value("NO_COLOR") == nil)
            return StandardOutput.write(text.text)
        }
        let page = SummaryPage(summary).html
        if html == "-" { return StandardOutput.write(page) }
        do {
            try Data(page.utf8).write(to: URL(fileURLWithPath: html))
        } catch {
            throw ValidationError("The page cannot be written to \(html): \(error.localizedDescription)")
        }
    }
}
