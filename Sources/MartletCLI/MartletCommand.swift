import ArgumentParser
import Martlet
import MartletUV

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command `martlet`. Whatever goes wrong before a server listens is one line on standard error.
@main
struct MartletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "An OpenAI-compatible inference server, and a client of any.",
        version: Version.current,
        subcommands: [
            ServeCommand.self, ChatCommand.self, ModelsCommand.self, TokenizeCommand.self, DetokenizeCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)

    static func main() async {
        var command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            // Help and the version are "errors" too, which end well.
            if exitCode(for: error).isSuccess { exit(withError: error) }
            fail(message(for: error), exitCode(for: error).rawValue)
        }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as CleanExit {
            exit(withError: error)
        } catch {
            fail("\(error)", 1)
        }
    }

    private static func fail(_ message: String, _ code: Int32) -> Never {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        StandardOutput.writeError("martlet: \(line)\n")
        leave(code)
    }
}

/// Ends the process; inside a command, `exit` names the parser's own function.
private func leave(_ code: Int32) -> Never { exit(code) }
