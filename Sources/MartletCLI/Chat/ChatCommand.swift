import ArgumentParser
import Foundation
import MartletClient
import MartletUV

/// `martlet chat`: chats with a model of any OpenAI-compatible server.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Chat with a model of any OpenAI-compatible server, or of one with Anthropic's API.",
        usage: "martlet chat [<options>] [<prompt> ...]",
        discussion: """
            In a terminal it starts a conversation: /help lists its commands, Ctrl-C stops a reply, Ctrl-D quits. With a \
            prompt as arguments, or piped to standard input, it prints one reply to standard output. The API key \
            is MARTLET_API_KEY; for OpenAI's own server, OPENAI_API_KEY; for Anthropic's, with --dialect messages, \
            ANTHROPIC_API_KEY.

            With --schema every reply, of a conversation too, is JSON that the server makes obey the schema (a strict \
            response_format). It is printed as it arrives; one that is cut off, refused or no JSON is an error. Tools are \
            not available then.

            EXAMPLE:
              martlet chat --temperature 0 "What is the capital of France?"
              martlet chat --schema recipe.json "A recipe for pancakes." | jq .title
            """)

    @OptionGroup(title: "Server") var clientOptions: ClientOptions
    @OptionGroup(title: "Model") var modelOptions: ChatModelOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Further servers that get the same prompt, as URL, URL|model or URL|model|key.",
            valueName: "server"))
    var compare: [String] = []

    @Option(help: ArgumentHelp("A JSON Schema that replies obey.", valueName: "file"))
    var schema: String?

    @Argument(help: "The prompt; piped input is appended to it.")
    var prompt: [String] = []

    func run() async throws {
        let format = try schema.map(SchemaFile.format)
        var client = try clientOptions.client()
        client.model = modelOptions.modelName
        client.systemPrompt = modelOptions.systemPrompt
        var others: [Client] = []
        for text in compare { others.append(try await compared(text)) }
        if client.model == nil { client.model = try await Self.firstModel(of: client) }

        let isTerminal = isatty(STDIN_FILENO) == 1
        let settings = ChatSession.Settings(
            thinking: modelOptions.thinking, maxTokens: modelOptions.maxTokens,
            temperature: modelOptions.temperature, format: format)
        let screen = Screen(
            isTerminal: isatty(STDOUT_FILENO) == 1, isConversation: prompt.isEmpty && isTerminal)
        let session = ChatSession(client: client, comparedWith: others, settings: settings, screen: screen)
        if screen.isConversation {
            try await session.runConversation()
        } else {
            try await session.ask(question(readsInput: !isTerminal))
        }
    }

    /// The arguments, followed by the piped input.
    private func question(readsInput: Bool) throws -> String {
        var parts = prompt.isEmpty ? [] : [prompt.joined(separator: " ")]
        if readsInput {
            let text = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            if !text.isEmpty { parts.append(text) }
        }
        if parts.isEmpty { throw ValidationError("There is no prompt: pass one as arguments or through a pipe.") }
        return parts.joined(separator: "\n\n")
    }

    private func compared(_ text: String) async throws -> Client {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        var other = ClientOptions.client(parts[0], key: parts.count > 2 ? parts[2] : nil)
        other.systemPrompt = modelOptions.systemPrompt
        other.model = parts.count > 1 && !parts[1].isEmpty ? parts[1] : try await Self.firstModel(of: other)
        return other
    }

    private static func firstModel(of client: Client) async throws -> String {
        guard let model = try await client.models().first else {
            throw ClientError(.unknown, "\(client.baseURL) lists no models; name one with --model.")
        }
        return model.id
    }
}

/// The model of `martlet chat`, and its parameters.
struct ChatModelOptions: ParsableArguments {
    @Option(help: "The model's id. (default: the server's first) [env: MARTLET_CHAT_MODEL]")
    var model: String?

    @Option(
        help: ArgumentHelp(
            "The system prompt. (default: none) [env: MARTLET_SYSTEM_PROMPT]", valueName: "text"))
    var system: String?

    @Option(
        help: ArgumentHelp(
            "The reasoning effort: none, low, medium or high. (default: the model's)", valueName: "effort"))
    var think: String?

    @Option(
        help: ArgumentHelp("The maximum tokens of a reply. (default: the server's)", valueName: "tokens"))
    var maxTokens: Int?

    @Option(help: "The sampling temperature; 0 is deterministic. (default: the server's)")
    var temperature: Double?

    var modelName: String? { model ?? Environment.value("MARTLET_CHAT_MODEL") }
    var systemPrompt: String? { system ?? Environment.value("MARTLET_SYSTEM_PROMPT") }
    /// A temperature that the user names is sent although a model reasons.
    var thinking: Thinking? {
        guard let think else { return nil }
        var thinking: Thinking = think == "none" ? .off : .effort(think)
        thinking.keepsTemperature = temperature != nil
        return thinking
    }
}
