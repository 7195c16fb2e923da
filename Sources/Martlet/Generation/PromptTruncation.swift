internal import MartletOpenAI

/// Truncates prompts that exceed the model's context, for APIs whose clients may ask for that.
///
/// The oldest messages of a conversation are removed, except system messages and the last message. If the last message
/// alone is too long, its beginning is removed. Martlet does not shift the context during generation, as some servers do, so
/// up to a quarter of the context is reserved for the generation.
struct PromptTruncation {
    let tokenizing: any Tokenizing
    /// The length of the context in tokens.
    let limit: Int

    private func room(for maxTokens: Int?) -> Int { max(1, min(maxTokens ?? .max, limit / 4)) }

    // MARK: Conversations

    /// Returns the conversation, truncated if necessary, and the token ids of its prompt. If truncation cannot make it
    /// fit, it is returned unchanged, so that the backend refuses it.
    func fitted(_ request: ChatRequest) async throws -> (request: ChatRequest, tokenIDs: [Int]) {
        let tokenIDs = try await tokenizing.applyTemplate(request)
        let maximum = limit - room(for: request.maxTokens)
        if tokenIDs.count <= maximum { return (request, tokenIDs) }
        let old = request.messages.indices.dropLast().filter { request.messages[$0].role != .system }
        // Binary search for the smallest number of messages to remove: fewer messages have fewer tokens.
        var (least, enough) = (1, old.count)
        while least < enough {
            let middle = (least + enough) / 2
            let count = try await tokenizing.applyTemplate(request.without(old.prefix(middle))).count
            if count <= maximum { enough = middle } else { least = middle + 1 }
        }
        // Removing a tool call removes its results too.
        while enough < old.count, request.messages[old[enough]].role == .tool { enough += 1 }
        var fitted = request.without(old.prefix(enough))
        var rest = try await tokenizing.applyTemplate(fitted)
        for _ in 0..<3 where rest.count > maximum {
            guard try await shortenLastMessage(of: &fitted, by: rest.count - maximum) else {
                return (request, tokenIDs)
            }
            rest = try await tokenizing.applyTemplate(fitted)
        }
        return rest.count < limit ? (fitted, rest) : (request, tokenIDs)
    }

    /// Removes `count` tokens from the beginning of the last message. Returns false if it is too short or contains more
    /// than text. The rest may be tokenized differently, and have a few more tokens than before.
    private func shortenLastMessage(of request: inout ChatRequest, by count: Int) async throws -> Bool {
        try Task.checkCancellation()
        guard var message = request.messages.popLast(), message.content.allSatisfy({ $0.kind == .text }) else {
            return false
        }
        let ids = try await tokenizing.encode(message.text, model: request.model, parsesSpecialTokens: false)
        guard ids.count > count else { return false }
        let end = try await tokenizing.decode(Array(ids.dropFirst(count)), model: request.model)
        // Drops the incomplete character at the cut.
        message.content = [.text(String(end.drop { $0 == "\u{FFFD}" }))]
        request.messages.append(message)
        return true
    }

    // MARK: Token ids

    /// The number of tokens at the beginning of a prompt that are kept: the default of the servers that truncate token ids.
    private static let kept = 4

    /// Returns the prompt, or its first few tokens and as many of its last as leave room for the generation.
    func fitted(_ tokenIDs: [Int], maxTokens: Int?) -> [Int] {
        let maximum = limit - room(for: maxTokens)
        guard tokenIDs.count > maximum, maximum > Self.kept else { return tokenIDs }
        return Array(tokenIDs.prefix(Self.kept) + tokenIDs.suffix(maximum - Self.kept))
    }
}

extension ChatRequest {
    /// The request without the messages at `indices`.
    fileprivate func without(_ indices: ArraySlice<Int>) -> ChatRequest {
        var request = self
        let left = Set(indices)
        request.messages = messages.indices.filter { !left.contains($0) }.map { messages[$0] }
        return request
    }
}
