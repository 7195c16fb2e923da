/// The APIs that a server speaks. This list alone names all of them.
extension APIDialect {
    /// The first is the one whose envelope a path has that none of them knows.
    static let all: [APIDialect] = [.openAI, .ollama, .messages]
}
