import Foundation
import Martlet
import Testing

/// The executable's help in every form, its version, and its completion scripts.
struct HelpTests {
    static let commands = [
        "serve", "gateway", "keys", "keys new", "chat", "models", "tokenize", "detokenize", "events", "upstreams",
    ]

    private func help(_ arguments: String...) async throws -> String { try await help(arguments) }

    private func help(_ arguments: [String]) async throws -> String {
        let outcome = try await ChildProcess.run(MartletExecutable.url, arguments) { try await $0.outcome() }
        #expect(outcome.code == 0 && outcome.errors == "", "\(arguments): \(outcome)")
        return outcome.output
    }

    @Test(arguments: [[], ["--help"], ["-h"], ["help"], ["help", "--help"]])
    func `every way to request the overview prints it, and it lists every command`(arguments: [String]) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, arguments) { try await $0.outcome() }
        #expect(outcome.code == 0 && outcome.errors == "", "\(outcome)")
        #expect(outcome.output.hasPrefix("OVERVIEW: An OpenAI-compatible"))
        for command in Self.commands where !command.contains(" ") {
            #expect(outcome.output.contains("\n  \(command) "), "\(command)")
        }
        #expect(!outcome.output.contains("(default)"), "no command is run unless it is named")
    }

    @Test(arguments: commands) func `the help of a command is the same in every form, with one example`(
        command: String
    ) async throws {
        let words = command.split(separator: " ").map(String.init)
        let text = try await help(words + ["--help"])
        #expect(try await help(words + ["-h"]) == text)
        #expect(try await help(["help"] + words) == text)
        #expect(text.hasPrefix("OVERVIEW: ") && text.contains("\nUSAGE: martlet \(command)"), "\(text)")
        #expect(text.components(separatedBy: "\nEXAMPLE:\n").count == 2, "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text)")
        #expect(!text.contains("CommandError"))
    }

    @Test func `the options of serve are grouped`() async throws {
        let headings = try await help("serve", "--help").split(separator: "\n")
            .filter { $0.wholeMatch(of: /[A-Z ]+:/) != nil }
        let groups: [Substring] = [
            "MODEL:", "LIMITS:", "COMPATIBILITY:", "LISTENING:", "ACCESS:", "OPERATION:", "STORED RESPONSES:", "QUEUE:",
            "LOGS:", "METRICS:",
            "EVENTS:",
        ]
        #expect(headings == ["EXAMPLE:"] + groups + ["OPTIONS:"])
    }

    @Test func `every option of serve names its default and its environment variable`() async throws {
        let text = try await help("serve", "--help")
        // An entry is an option indented by two spaces, and the following lines that are indented further.
        let entries = text.replacing(/\n {3,}/, with: " ").split(separator: "\n").filter { $0.hasPrefix("  --") }
        #expect(entries.count >= 17, "\(text)")
        for entry in entries where !entry.hasPrefix("  --version") {
            let name = try #require(entry.firstMatch(of: /--([a-z-]+)/)).1
            let variable = "MARTLET_" + name.uppercased().replacing("-", with: "_")
            #expect(entry.contains("[env: \(variable)]"), "\(entry)")
            #expect(entry.contains("<") == entry.contains("(default: "), "\(entry)")
        }
    }

    @Test func `the examples in the help of tokenize and detokenize work`() async throws {
        for command in ["tokenize", "detokenize"] {
            let lines = try await help(command, "--help").components(separatedBy: "\n")
            let example = try #require(lines.firstIndex(of: "EXAMPLE:").map { lines[$0 + 1] })
            let folder = MartletExecutable.url.deletingLastPathComponent().path
            let outcome = try await ChildProcess.run(
                .init(filePath: "/bin/sh"), ["-c", "PATH='\(folder)':$PATH; \(example)"]
            ) { try await $0.outcome() }
            #expect(outcome.code == 0 && outcome.output.hasSuffix("\n") && outcome.errors == "", "\(outcome)")
        }
    }

    @Test(arguments: [["--version"]] + commands.map { $0.split(separator: " ").map(String.init) + ["--version"] })
    func `the version is on standard output`(arguments: [String]) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, arguments) { try await $0.outcome() }
        #expect(outcome == .init(code: 0, output: "\(Version.current)\n", errors: ""))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `a completion script contains every command`(shell: String) async throws {
        let script = try await help("--generate-completion-script", shell)
        for command in Self.commands where !command.contains(" ") { #expect(script.contains(command)) }
        #expect(script.contains("drain-timeout"))
    }
}

/// Invalid input is one line on standard error that refers to the help, and exit status 64 of `sysexits.h`.
struct UsageErrorTests {
    @Test(arguments: [
        (["serve", "--prot", "1"], "Unknown option '--prot'. Did you mean '--port'? See 'martlet serve --help'."),
        (["chat", "--tempreture", "1"], "Did you mean '--temperature'? See 'martlet chat --help'."),
        (["serve", "--port"], "Missing value for '--port <port>'. See 'martlet serve --help'."),
        (["serve", "--port", "abc"], "'abc' is invalid for '--port <port>'. See 'martlet serve --help'."),
        (["serve", "--port", "70000"], "must be within 0...65535, but it is 70000. See 'martlet serve --help'."),
        (["serve", "extra"], "Unexpected argument 'extra'. See 'martlet serve --help'."),
        (["models", "--frobnicate"], "Unknown option '--frobnicate'. See 'martlet models --help'."),
        (["srve"], "There is no command 'srve'. Did you mean 'serve'? See 'martlet --help'."),
        (["help", "srve"], "There is no command 'srve'. Did you mean 'serve'? See 'martlet --help'."),
        (["--port", "9000"], "Unknown option '--port'. See 'martlet --help'."),
        (["--generate-completion-script", "cmd"], "'cmd'"),
    ])
    func `invalid input is named, with a hint`(arguments: [String], text: String) async throws {
        let outcome = try await ChildProcess.run(MartletExecutable.url, arguments) { try await $0.outcome() }
        #expect(outcome.code == 64 && outcome.output == "", "\(outcome)")
        #expect(outcome.errors.hasPrefix("martlet: ") && outcome.errors.contains(text), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
}
