import ArgumentParser
import MartletClient
import MartletUV

/// `martlet models`: what a server offers.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List a server's models, one id a line.",
        discussion: """
            The key is MARTLET_API_KEY; for OpenAI's own server, OPENAI_API_KEY.

            EXAMPLE:
              martlet models --url https://api.openai.com
            """)

    @OptionGroup(title: "Server") var clientOptions: ClientOptions

    func run() async throws {
        for model in try await clientOptions.client().models() { StandardOutput.write("\(model.id)\n") }
    }
}
