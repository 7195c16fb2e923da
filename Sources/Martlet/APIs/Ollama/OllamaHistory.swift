internal import MartletOpenAI

/// Cuts what is longer than the model's context, as Ollama does unless `truncate` is false.
///
/// Of a conversation the oldest messages go; those of the system and the newest one stay. A newest message that is too
/// long by itself keeps its end. Ollama cuts to the whole context and then moves it along while it generates; here the
/// context stays where it is, so up to a quarter of it is kept free for the answer.
struct OllamaHistory {
    let tokenizing: any Tokenizing
    /// Tokens of the context.
    let limit: Int

    private func room(for maxTokens: Int?) -> Int { max(1, min(maxTokens ?? .max, limit / 4)) }

    // MARK: Conversations

    /// The conversation, or what of it leaves room for an answer, with its token ids. Nothing is cut where that would
    /// not be enough, so that the backend refuses the whole.
    func fitted(_ request: ChatRequest) async throws -> (request: ChatRequest, tokenIDs: [Int]) {
        let tokenIDs = try await tokenizing.applyTemplate(request)
        let most = limit - room(for: request.maxTokens)
        if tokenIDs.count <= most { return (request, tokenIDs) }
        let old = request.messages.indices.dropLast().filter { request.messages[$0].role != .system }
        // Fewer messages are fewer tokens, so the least number to leave out is found by halving.
        var (least, enough) = (1, old.count)
        while least < enough {
            let middle = (least + enough) / 2
            let count = try await tokenizing.applyTemplate(request.without(old.prefix(middle))).count
            if count <= most { enough = middle } else { least = middle + 1 }
        }
        // A call that is left out takes its results along.
        while enough < old.count, request.messages[old[enough]].role == .tool { enough += 1 }
        var fitted = request.without(old.prefix(enough))
        var rest = try await tokenizing.applyTemplate(fitted)
        for _ in 0..<3 where rest.count > most {
            guard try await shortenLastMessage(of: &fitted, by: rest.count - most) else { return (request, tokenIDs) }
            rest = try await tokenizing.applyTemplate(fitted)
        }
        return rest.count < limit ? (fitted, rest) : (request, tokenIDs)
    }

    /// Returns whether there is text enough to take so many tokens from its beginning. The tokens of the rest may be cut
    /// in other places, and be a few more.
    private func shortenLastMessage(of request: inout ChatRequest, by count: Int) async throws -> Bool {
        try Task.checkCancellation()
        guard var message = request.messages.popLast(), message.content.allSatisfy({ $0.kind == .text }) else {
            return false
        }
        let ids = try await tokenizing.encode(message.text, model: request.model, parsesSpecialTokens: false)
        guard ids.count > count else { return false }
        let end = try await tokenizing.decode(Array(ids.dropFirst(count)), model: request.model)
        // Half a character at the cut is not worth showing.
        message.content = [.text(String(end.drop { $0 == "\u{FFFD}" }))]
        request.messages.append(message)
        return true
    }

    // MARK: Token ids

    /// How many tokens of a prompt's beginning stay: Ollama's default for `num_keep`.
    private static let kept = 4

    /// The prompt, or its first few tokens and as many of its last as leave room for an answer.
    func fitted(_ tokenIDs: [Int], maxTokens: Int?) -> [Int] {
        let most = limit - room(for: maxTokens)
        guard tokenIDs.count > most, most > Self.kept else { return tokenIDs }
        return Array(tokenIDs.prefix(Self.kept) + tokenIDs.suffix(most - Self.kept))
    }
}

extension ChatRequest {
    /// The request without the messages at some indices, which ascend.
    fileprivate func without(_ indices: ArraySlice<Int>) -> ChatRequest {
        var request = self
        let left = Set(indices)
        request.messages = messages.indices.filter { !left.contains($0) }.map { messages[$0] }
        return request
    }
}
