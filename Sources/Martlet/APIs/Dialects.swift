/// The APIs that a server speaks. No other file names all of them.
extension APIDialect {
    /// The first one provides the error envelope for paths that belong to no API.
    static let all: [APIDialect] = [.openAI, .responses, .ollama, .messages]
}
