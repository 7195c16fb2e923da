import Foundation
import MartletTestSupport
import Testing

/// `martlet events`: a summary of a run's file, in the terminal and as a page.
struct EventsCommandTests {
    private static let lines = """
        {"kind":"run_start","schema":"toy/v1","t":0,"started_at":"2026-11-22T00:00:00Z","run_id":"r-1","phase":"serve"}
        {"kind":"eval","phase":"serve","t":1.5,"name":"request","extra":{"endpoint":"/v1/completions","status":200,\
        "completion_tokens":4,"latency_us":2500,"principal_id":"ada"}}
        {"kind":"run_end","t":2,"reason":"completed","stats":{"requests":1,"errors":0,"tokens_out":4},"exit_code":0}

        """

    private func withFile(
        _ text: String = Self.lines, _ body: (_ folder: String, _ path: String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try Data(text.utf8).write(to: URL(filePath: folder + "/events.jsonl"))
            try await body(folder, folder + "/events.jsonl")
        }
    }

    @Test func `a summary without a terminal is plain text of 80 characters`() async throws {
        try await withFile { _, path in
            let outcome = try await MartletExecutable.run("events", path, environment: ["COLUMNS": "200"])
            #expect(outcome.code == 0 && outcome.errors == "")
            for text in ["r-1", "completed, after 2 s", "/v1/completions", "ada", "2.5 ms", "#"] {
                #expect(outcome.output.contains(text), "\(text)")
            }
            #expect(outcome.output.allSatisfy { $0.isASCII && $0 != "\u{1B}" })
            #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        }
    }

    @Test func `a page goes into a file, or to standard output`() async throws {
        try await withFile { folder, path in
            let page = folder + "/run.html"
            let outcome = try await MartletExecutable.run("events", path, "--html", page)
            #expect(outcome.code == 0 && outcome.output == "" && outcome.errors == "")
            let text = try String(contentsOfFile: page, encoding: .utf8)
            #expect(text.hasPrefix("<!DOCTYPE html>") && text.contains("<svg"))
            #expect(try await MartletExecutable.run("events", path, "--html", "-").output == text)
            let source = try String(contentsOfFile: path, encoding: .utf8)
            for name in [path, folder + "/./" + (path as NSString).lastPathComponent] {
                let refused = try await MartletExecutable.run("events", path, "--html", name)
                #expect(refused.code == 64 && refused.errors.contains("would replace the events"), "\(refused)")
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == source)
            let failed = try await MartletExecutable.run("events", path, "--html", folder + "/none/run.html")
            #expect(failed.code > 0 && failed.errors.hasPrefix("martlet: The page cannot be written to \(folder)/none"))
        }
    }

    @Test func `what is not a file of events is refused in one line with the reason`() async throws {
        try await withFile("garbage\n") { folder, path in
            for (file, reason) in [
                (path, "is not a file of run events"), (folder, "is a folder"), (folder + "/none", "no such file"),
                ("/dev/null", "is empty"), ("", "needs a path"),
            ] {
                let outcome = try await MartletExecutable.run("events", file)
                #expect(outcome.code > 0 && outcome.output == "", "\(file)")
                #expect(outcome.errors.hasPrefix("martlet: ") && outcome.errors.contains(reason), "\(outcome.errors)")
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            }
        }
    }
}
