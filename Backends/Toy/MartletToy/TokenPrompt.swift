/// Token ids that a model can run: at least one, all in the vocabulary, few enough for the context.
package struct TokenPrompt: Sendable, Equatable {
    package let ids: [Int]

    /// - Parameter room: how many tokens must still fit behind the prompt: 1 to generate, 0 to embed.
    /// - Throws: `PromptError` that says what is wrong with the ids.
    package init(_ ids: [Int], room: Int, in configuration: GPT2Configuration) throws(PromptError) {
        guard !ids.isEmpty else { throw .empty }
        if let id = ids.first(where: { !(0..<configuration.vocabularySize).contains($0) }) {
            throw .unknownToken(id)
        }
        guard ids.count <= configuration.contextLength - room else {
            throw .tooLong(count: ids.count, limit: configuration.contextLength - room)
        }
        self.ids = ids
    }
}
