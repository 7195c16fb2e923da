import ArgumentParser
import Martlet
import MartletClient
import MartletGateway
import MartletModels
import MartletOpenAI
import MartletOperations
import MartletToy
import MartletUV

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command `martlet`. An error is one line on standard error: `martlet: `, the problem, and the remedy.
@main
struct MartletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "An OpenAI-compatible inference server, and a client for any such server.",
        discussion: """
            EXAMPLE:
              martlet serve &
              martlet chat "What is the capital of France?"
            """,
        version: Version.current,
        subcommands: [
            ServeCommand.self, GatewayCommand.self, KeysCommand.self, ChatCommand.self, ModelsCommand.self,
            TokenizeCommand.self,
            DetokenizeCommand.self, GrammarCommand.self, EventsCommand.self, DrainCommand.self, UpstreamsCommand.self,
        ])

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            try rejectUnknownCommand(arguments)
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            // Help, the version and completion scripts are thrown as errors with a success code.
            let code = exitCode(for: error)
            if code.isSuccess { exit(withError: error) }
            StandardOutput.writeError("martlet: \(sentence(for: error, code, arguments))\n")
            leave(code.rawValue)
        }
    }

    /// The parser reports a misspelled command as an unexpected argument, or ignores it after `help`.
    private static func rejectUnknownCommand(_ arguments: [String]) throws {
        guard let word = arguments.first(where: { $0 != "help" }), !word.hasPrefix("-") else { return }
        let names = configuration.subcommands.map { $0._commandName }
        if names.contains(word) { return }
        let hint = word.closest(among: names).map { " Did you mean '\($0)'?" } ?? ""
        throw ValidationError("There is no command '\(word)'.\(hint)")
    }

    private static func sentence(for error: any Error, _ code: ExitCode, _ arguments: [String]) -> String {
        let text =
            switch error {
            case let error as ClientError: error.sentence
            case let error as ServerError where !error.concernsAddress: "\(error)."
            case let error as ServerError:
                "\(error); choose another \(error.isAddressInUse ? "port with --port" : "address with --host")."
            case let error as GatewayError: "\(error)"
            case let error as EventsError: "\(error)."
            case let error as ModelLoadError: "\(error); name another folder with --model."
            case _ where code == .validationFailure: message(for: error)
            default: "\(error)"
            }
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard code == .validationFailure else { return line }
        let end = line.hasSuffix(".") || line.hasSuffix("?") ? "" : "."
        let command = arguments.first { word in configuration.subcommands.contains { $0._commandName == word } }
        return "\(line)\(end) See 'martlet \(command.map { "\($0) " } ?? "")--help'."
    }
}

/// Ends the process; inside a command, `exit` is the parser's own function.
private func leave(_ code: Int32) -> Never { exit(code) }
