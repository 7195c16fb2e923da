import ArgumentParser
import Martlet
import MartletUV

/// `martlet keys`: makes API keys.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make API keys for 'martlet serve --api-keys-file'.",
        discussion: """
            EXAMPLE:
              martlet keys new ada >> keys.txt
            """,
        subcommands: [NewKeyCommand.self])
}

/// `martlet keys new`: makes a key, and the line of a keys file that makes it valid.
struct NewKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make an API key, and print it once.",
        usage: "martlet keys new <name> [<options>]",
        discussion: """
            The line for the keys file is written to standard output, and the key, which is stored nowhere, to \
            standard error. Lines of one name are one principal: to replace a key, add a second line and later \
            remove the first.

            EXAMPLE:
              martlet keys new ada --expires 2027-01-31 >> keys.txt
            """)

    @Argument(help: "The name of the principal, in logs and statistics.")
    var name: String

    @Option(help: "Comma-separated: infer, embed, metrics, admin.")
    var permissions = "infer,embed"

    @Option(help: ArgumentHelp("The only models for the key, comma-separated. (default: all)", valueName: "ids"))
    var models: String?

    @Option(
        help: ArgumentHelp(
            "The first day, in UTC, on which the key is no longer valid. (default: never)", valueName: "date")
    )
    var expires: String?

    @Option(help: ArgumentHelp("Requests per minute. (default: no limit)", valueName: "count"))
    var requestsPerMinute: Int?

    @Option(
        help: ArgumentHelp("Tokens of prompts and replies per minute. (default: no limit)", valueName: "count"))
    var tokensPerMinute: Int?

    @Option(help: ArgumentHelp("Requests at the same time. (default: no limit)", valueName: "count"))
    var concurrentRequests: Int?

    func run() throws {
        let limits = PrincipalLimits(
            requestsPerMinute: requestsPerMinute, tokensPerMinute: tokensPerMinute,
            concurrentRequests: concurrentRequests)
        let new: NewKey
        do throws(ServerError) {
            new = try NewKey(name: name, permissions: permissions, models: models, expires: expires, limits: limits)
        } catch {
            throw ValidationError("\(error)")
        }
        StandardOutput.writeError("\(new.key)\n")
        StandardOutput.write("\(new.line)\n")
    }
}
