import Foundation
import MartletClient

/// Settings from environment variables.
public struct ChatbotSettings: Sendable {
    /// The server that replies.
    public var client: Client
    /// The servers to compare.
    public var compared: [Client]
    /// The path of the database.
    public var database: String

    /// `CHAT_BACKEND`, `CHAT_MODEL`, `CHAT_API_KEY`, `CHAT_SYSTEM_PROMPT`, and `CHAT_COMPARE_BACKENDS` as
    /// `url|model|key;url|model|key`.
    public init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        let prompt = environment["CHAT_SYSTEM_PROMPT"]
        client = Client(
            environment["CHAT_BACKEND"] ?? "http://127.0.0.1:8080", apiKey: environment["CHAT_API_KEY"],
            model: environment["CHAT_MODEL"] ?? "toy", systemPrompt: prompt)
        compared = (environment["CHAT_COMPARE_BACKENDS"] ?? "").split(separator: ";").map { backend in
            let parts = backend.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            return Client(
                parts[0], apiKey: parts.count > 2 ? parts[2] : nil, model: parts.count > 1 ? parts[1] : nil,
                systemPrompt: prompt)
        }
        database = environment["CHAT_DATABASE"] ?? "chatbot.sqlite"
    }
}
