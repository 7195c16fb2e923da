internal import MartletOpenAI

extension Client {
    /// The most tokens that a continuation asks for.
    private static let continuationLimit = 32_768

    /// Asks, and goes on asking while the answer is cut at the limit on tokens, up to so many times, with a limit that
    /// grows: twice the first, three times. The pieces are one reply at the end, and their costs one usage.
    ///
    /// - Throws: `ClientError`.
    public nonisolated(nonsending) func chatContinuing(
        _ request: ChatRequest, maximumContinuations: Int = 3
    ) async throws(ClientError) -> ChatReply {
        let request = try request.withImagesInMessages()
        var reply = try await chat(request)
        var text = (request.prefill?.trimmed.isEmpty ?? true) ? "" : request.prefill ?? ""
        var whole = reply.content
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
            whole += reply.content
            usage = usage.map { $0 + reply.usage }
        }
        guard !reply.choices.isEmpty else { return reply }
        reply.choices[0].message.content = [.text(whole)]
        reply.usage = usage
        return reply
    }
}
