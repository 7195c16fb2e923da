import ArgumentParser
import MartletClient

/// Which model `martlet chat` asks, and how.
struct ChatModelOptions: ParsableArguments {
    @Option(help: "The model's id. (default: the server's first) [env: MARTLET_CHAT_MODEL]")
    var model: String?

    @Option(
        help: ArgumentHelp(
            "The system prompt. (default: none) [env: MARTLET_SYSTEM_PROMPT]", valueName: "text"))
    var system: String?

    @Option(
        help: ArgumentHelp(
            "How hard to think: none, low, medium or high. (default: the model's)", valueName: "effort"))
    var think: String?

    @Option(
        help: ArgumentHelp("The most tokens of an answer. (default: the server's)", valueName: "tokens"))
    var maxTokens: Int?

    @Option(help: "0 gives the same answer every time. (default: the server's)")
    var temperature: Double?

    var modelName: String? { model ?? Environment.value("MARTLET_CHAT_MODEL") }
    var systemPrompt: String? { system ?? Environment.value("MARTLET_SYSTEM_PROMPT") }
    var thinking: Thinking? { think.map { $0 == "none" ? .off : .effort($0) } }
}
