import ArgumentParser
import MartletClient
import MartletUV

/// `martlet models`: lists a server's models.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List a server's models, one id per line.",
        discussion: """
            The API key is MARTLET_API_KEY; for OpenAI's own server, OPENAI_API_KEY; for Anthropic's, with --dialect \
            messages, ANTHROPIC_API_KEY.

            EXAMPLE:
              martlet models --url https://api.openai.com
            """)

    @OptionGroup(title: "Server") var clientOptions: ClientOptions

    func run() async throws {
        for model in try await clientOptions.client().models() { StandardOutput.write("\(model.id)\n") }
    }
}
