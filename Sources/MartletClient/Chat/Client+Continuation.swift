internal import MartletOpenAI

extension Client {
    /// The maximum `max_tokens` that a continuation requests.
    private static let continuationLimit = 32_768

    /// Sends a request, and continues the reply while it is cut off at the token limit. The limit grows with each
    /// continuation: twice the first, three times, and so on. The pieces are joined into one reply, and their usage is
    /// added up.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - maximumContinuations: The maximum number of further requests.
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func chatContinuing(
        _ request: ChatRequest, maximumContinuations: Int = 3
    ) async throws(ClientError) -> ChatReply {
        let request = try request.withImagesInMessages()
        var reply = try await chat(request)
        var text = (request.prefill?.trimmed.isEmpty ?? true) ? "" : request.prefill ?? ""
        var content = reply.content
        var usage = reply.usage
        let base = request.options.maxTokens
        for count in 0..<max(0, maximumContinuations) {
            guard reply.finishReason == .length, !reply.content.isEmpty else { break }
            text += reply.content
            var next = request
            next.options.maxTokens = base.map { base in
                min(max(0, min(base, Self.continuationLimit)) * (count + 2), Self.continuationLimit)
            }
            if dialect.continuesPrefill {
                next.prefill = text
            } else {
                next.prefill = nil
                next.messages += [
                    .assistant(text), .user("Go on exactly where you stopped. Repeat nothing and add no preface."),
                ]
            }
            reply = try await chat(next)
            content += reply.content
            usage = usage.map { $0 + reply.usage }
        }
        guard !reply.choices.isEmpty else { return reply }
        reply.choices[0].message.content = [.text(content)]
        reply.usage = usage
        return reply
    }
}
